#pragma once

#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/object_store.h"

namespace cordon {

/// What a test's uploader says with an object.
struct Upload {
  std::string content = "hello world";
  TagSet tags = {};
  std::map<std::string, std::string> metadata = {};
};

/// Keeps what `ObjectStore::read` delivers, and refuses on demand.
class ContractSink final : public ByteSink {
 public:
  Result<void> begin(const ObjectHead& head) override {
    ++begins;
    told = head;
    if (refuse_begin) return *refuse_begin;
    return {};
  }
  Result<void> write(std::span<const std::byte> bytes) override {
    if (begins != 1) return Error{Errc::invalid, "bytes without a beginning"};
    if (refuse_write) return *refuse_write;
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }

  int begins = 0;
  ObjectHead told;
  std::string content;
  std::optional<Error> refuse_begin;
  std::optional<Error> refuse_write;
};

/// What every ObjectStore owes its caller. A Subject sets one up and plays its users:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   ObjectStore& store();
///   BucketName make_bucket(bool versioned);             // empty and new
///   CopyResult put(const BucketName&, const ObjectKey&, const Upload&);
///   void delete_current(const BucketName&, const ObjectKey&);  // a delete marker where versioned
template <typename Subject>
class ObjectStoreContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  ObjectStore& store() { return subject_.store(); }

  /// An object as the event of its upload names it.
  ObjectRef put(const BucketName& bucket, const std::string& key, const Upload& upload = {}) {
    const CopyResult made = subject_.put(bucket, ObjectKey(key), upload);
    etag_ = made.etag;
    return {bucket, ObjectKey(key), made.version};
  }
  Result<ObjectHead> head(const ObjectRef& object) {
    return store().head(object, Deadline::never(), {});
  }
  Result<ObjectHead> read(const ObjectRef& object, ContractSink& sink,
                          const ReadOptions& options = {}) {
    return store().read(object, options, sink, Deadline::never(), {});
  }
  std::string content_of(const ObjectRef& object) {
    ContractSink sink;
    const Result<ObjectHead> got = read(object, sink);
    return got ? sink.content : "(" + got.error().what + ")";
  }
  Result<TagSet> tags(const ObjectRef& object) {
    return store().tags(object, Deadline::never(), {});
  }
  TagSet tags_of(const ObjectRef& object) {
    const Result<TagSet> got = tags(object);
    return got ? *got : TagSet{{"(failed)", got.error().what}};
  }
  Result<void> set_tags(const ObjectRef& object, const TagSet& tags) {
    return store().set_tags(object, tags, Deadline::never(), {});
  }
  Result<void> remove(const ObjectRef& object, const ETag& if_match) {
    return store().remove(object, if_match, Deadline::never(), {});
  }
  Result<CopyResult> copy(const ObjectRef& from, const ETag& etag, const BucketName& to,
                          const std::string& key, const TagSet& tags = {}) {
    return store().copy({.from = from,
                         .from_etag = etag,
                         .bytes = 11,
                         .to_bucket = to,
                         .to_key = ObjectKey(key),
                         .tags = tags,
                         .add_metadata = {{"cordon-origin", "here"}}},
                        Deadline::never(), {});
  }

  Subject subject_;
  ETag etag_;  ///< Of what was put last.
};

TYPED_TEST_SUITE_P(ObjectStoreContract);

TYPED_TEST_P(ObjectStoreContract, TellsWhatAnObjectIs) {
  for (const bool versioned : {false, true}) {
    SCOPED_TRACE(versioned ? "versioned" : "unversioned");
    const BucketName bucket = this->subject_.make_bucket(versioned);
    const ObjectRef object = this->put(bucket, "k", {.metadata = {{"owner", "me"}}});
    EXPECT_EQ(object.version.has_value(), versioned);

    const Result<ObjectHead> head = this->head(object);

    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(head->bytes, 11U);
    EXPECT_EQ(head->etag, this->etag_);
    EXPECT_EQ(head->version, object.version);
    EXPECT_EQ(head->metadata.at("owner"), "me");
  }
}

TYPED_TEST_P(ObjectStoreContract, ReadsExactlyTheNamedVersion) {
  const BucketName bucket = this->subject_.make_bucket(true);
  const ObjectRef first = this->put(bucket, "k", {.content = "first"});
  const ObjectRef second = this->put(bucket, "k", {.content = "second"});

  EXPECT_EQ(this->content_of(first), "first");
  EXPECT_EQ(this->content_of(second), "second");
  EXPECT_EQ(this->content_of({bucket, ObjectKey("k")}), "second");
}

TYPED_TEST_P(ObjectStoreContract, LearnsTheVersionByReading) {
  const BucketName bucket = this->subject_.make_bucket(true);
  const ObjectRef object = this->put(bucket, "k");
  ContractSink sink;

  const Result<ObjectHead> head = this->read({bucket, ObjectKey("k")}, sink);

  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(head->version, object.version);
}

TYPED_TEST_P(ObjectStoreContract, BeginsOnceAndThenDelivers) {
  const BucketName bucket = this->subject_.make_bucket(false);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{3'000'000}}) {
    SCOPED_TRACE(bytes);
    const std::string content(bytes, 'x');
    const ObjectRef object = this->put(bucket, "k", {.content = content});
    ContractSink sink;

    const Result<ObjectHead> head = this->read(object, sink);

    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(sink.begins, 1);
    EXPECT_EQ(sink.told.bytes, bytes);
    EXPECT_EQ(sink.told.etag, this->etag_);
    EXPECT_TRUE(sink.content == content);
  }
}

TYPED_TEST_P(ObjectStoreContract, WhatIsGoneIsNotFound) {
  const BucketName bucket = this->subject_.make_bucket(true);
  const ObjectRef object = this->put(bucket, "deleted");
  this->subject_.delete_current(bucket, ObjectKey("deleted"));
  const std::pair<const char*, ObjectRef> kGone[] = {
      {"key", {bucket, ObjectKey("never")}},
      {"bucket", {BucketName(bucket.str() + "-no"), ObjectKey("k")}},
      {"under a delete marker", {bucket, ObjectKey("deleted")}},
  };
  for (const auto& [what, gone] : kGone) {
    SCOPED_TRACE(what);
    ContractSink sink;
    EXPECT_EQ(this->read(gone, sink).error().code, Errc::not_found);
    EXPECT_EQ(sink.begins, 0);
    EXPECT_EQ(this->head(gone).error().code, Errc::not_found);
    EXPECT_EQ(this->tags(gone).error().code, Errc::not_found);
    EXPECT_EQ(this->copy(gone, this->etag_, bucket, "copy").error().code, Errc::not_found);
  }
  EXPECT_EQ(this->content_of(object), "hello world")
      << "the version under the marker is still there";
}

TYPED_TEST_P(ObjectStoreContract, ReadsNothingOfAnotherState) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object = this->put(bucket, "k", {.content = "before"});
  const ETag before = this->etag_;
  this->put(bucket, "k", {.content = "after"});
  ContractSink sink;

  const Result<ObjectHead> head = this->read(object, sink, {.if_match = before});

  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code, Errc::changed);
  EXPECT_EQ(sink.begins, 0);
}

TYPED_TEST_P(ObjectStoreContract, ResumesWhereATransferWasCut) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object = this->put(bucket, "k");
  ContractSink sink;

  const Result<ObjectHead> head = this->read(object, sink, {.if_match = this->etag_, .offset = 6});

  ASSERT_TRUE(head) << head.error().what;
  EXPECT_EQ(sink.content, "world");
  EXPECT_EQ(head->bytes, 11U) << "the whole object's";
}

TYPED_TEST_P(ObjectStoreContract, ARefusalOfTheSinkIsTheResult) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object = this->put(bucket, "k");
  ContractSink at_begin;
  at_begin.refuse_begin = Error{Errc::denied, "no room", ErrorCause::staging};
  ContractSink at_write;
  at_write.refuse_write = Error{Errc::invalid, "enough"};

  const Result<ObjectHead> first = this->read(object, at_begin);
  const Result<ObjectHead> second = this->read(object, at_write);

  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, Errc::denied);
  EXPECT_EQ(first.error().cause, ErrorCause::staging);
  EXPECT_NE(first.error().what.find("no room"), std::string::npos);
  EXPECT_EQ(at_begin.begins, 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::invalid);
  EXPECT_NE(second.error().what.find("enough"), std::string::npos);
}

TYPED_TEST_P(ObjectStoreContract, TagsBelongToAVersion) {
  const BucketName bucket = this->subject_.make_bucket(true);
  const ObjectRef first = this->put(bucket, "k", {.tags = {{"owner", "me"}}});
  const ObjectRef second = this->put(bucket, "k");
  const TagSet kTags{{"scan-result", "Clean"}, {"owner", "a + b/c=d:e@f"}};

  ASSERT_TRUE(this->set_tags(first, kTags));

  EXPECT_EQ(this->tags_of(first), kTags);
  EXPECT_EQ(this->tags_of(second), TagSet{});
  const Result<void> emptied = this->set_tags(first, {});
  ASSERT_TRUE(emptied) << emptied.error().what;
  EXPECT_EQ(this->tags_of(first), TagSet{});
}

TYPED_TEST_P(ObjectStoreContract, TagsOfNothingCannotBeSet) {
  const BucketName bucket = this->subject_.make_bucket(false);

  EXPECT_EQ(this->set_tags({bucket, ObjectKey("never")}, {{"a", "b"}}).error().code,
            Errc::not_found);
}

TYPED_TEST_P(ObjectStoreContract, KeysAreAnyText) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const BucketName other = this->subject_.make_bucket(false);
  for (const char* key :
       {"a b+c%20d", "%", "//x", "a/../b", "./a", "..", "tab\there", "\xC3\xBC/\xE6\x97\xA5",
        "\xF0\x9F\x92\xA9?versionId=1#x", "a&b=c;d,e'f\"g<h>", "dir/", "/lead"}) {
    SCOPED_TRACE(key);
    const ObjectRef object = this->put(bucket, key, {.content = std::string("of ") + key});

    EXPECT_EQ(this->content_of(object), std::string("of ") + key);
    ASSERT_TRUE(this->set_tags(object, {{"scan-result", "Clean"}}));
    EXPECT_EQ(this->tags_of(object).size(), 1U);
    const Result<CopyResult> copied = this->copy(object, this->etag_, other, key);
    ASSERT_TRUE(copied) << copied.error().what;
    EXPECT_EQ(this->content_of({other, ObjectKey(key)}), std::string("of ") + key);
    const Result<void> removed = this->remove(object, this->etag_);
    ASSERT_TRUE(removed) << removed.error().what;
    EXPECT_EQ(this->head(object).error().code, Errc::not_found);
  }
}

TYPED_TEST_P(ObjectStoreContract, ACopyIsLikeItsSourceButForTags) {
  const BucketName from = this->subject_.make_bucket(true);
  const BucketName to = this->subject_.make_bucket(true);
  const ObjectRef object =
      this->put(from, "k", {.tags = {{"owner", "me"}}, .metadata = {{"color", "blue"}}});
  const ETag etag = this->etag_;
  this->put(from, "k", {.content = "newer"});

  const Result<CopyResult> copied =
      this->copy(object, etag, to, "q/k", {{"scan-result", "Infected"}});

  ASSERT_TRUE(copied) << copied.error().what;
  // Not every server tells the version of a copy; without one it is the current object.
  const ObjectRef copy{to, ObjectKey("q/k"), copied->version};
  EXPECT_EQ(this->content_of(copy), "hello world");
  EXPECT_EQ(this->tags_of(copy), (TagSet{{"scan-result", "Infected"}}));
  const Result<ObjectHead> head = this->head(copy);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->etag, copied->etag);
  EXPECT_EQ(head->metadata.at("color"), "blue");
  EXPECT_EQ(head->metadata.at("cordon-origin"), "here");
  EXPECT_EQ(this->content_of(object), "hello world") << "the source is untouched";
}

TYPED_TEST_P(ObjectStoreContract, CopiesOnlyWhatItWasMeantFor) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object = this->put(bucket, "k", {.content = "scanned"});
  const ETag scanned = this->etag_;
  this->put(bucket, "k", {.content = "swapped"});

  EXPECT_EQ(this->copy(object, scanned, bucket, "copy").error().code, Errc::changed);

  EXPECT_EQ(this->head({bucket, ObjectKey("copy")}).error().code, Errc::not_found);
}

TYPED_TEST_P(ObjectStoreContract, ACopyCarriesNobodysWordsForOurs) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object =
      this->put(bucket, "k", {.metadata = {{"cordon-key", "forged"}, {"color", "blue"}}});

  ASSERT_TRUE(this->copy(object, this->etag_, bucket, "copy"));

  const Result<ObjectHead> head = this->head({bucket, ObjectKey("copy")});
  ASSERT_TRUE(head);
  EXPECT_EQ(head->metadata,
            (std::map<std::string, std::string>{{"color", "blue"}, {"cordon-origin", "here"}}));
}

// For "not found" the caller gives up the object; it must be the source that is gone.
TYPED_TEST_P(ObjectStoreContract, AMissingDestinationIsNotAMissingSource) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object = this->put(bucket, "k");

  const Result<CopyResult> copied =
      this->copy(object, this->etag_, BucketName(bucket.str() + "-no"), "k");

  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Errc::denied);
}

TYPED_TEST_P(ObjectStoreContract, RemovesOneVersionForGood) {
  const BucketName bucket = this->subject_.make_bucket(true);
  const ObjectRef first = this->put(bucket, "k", {.content = "first"});
  const ETag etag = this->etag_;
  const ObjectRef second = this->put(bucket, "k", {.content = "second"});

  ASSERT_TRUE(this->remove(first, etag));

  EXPECT_EQ(this->head(first).error().code, Errc::not_found);
  EXPECT_EQ(this->content_of(second), "second");
  EXPECT_TRUE(this->remove(first, etag)) << "done before is done";
}

TYPED_TEST_P(ObjectStoreContract, RemovesWithoutVersionOnlyTheSameState) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object = this->put(bucket, "k", {.content = "scanned"});
  const ETag scanned = this->etag_;
  this->put(bucket, "k", {.content = "swapped"});

  EXPECT_EQ(this->remove(object, scanned).error().code, Errc::changed);
  EXPECT_EQ(this->content_of(object), "swapped");

  EXPECT_TRUE(this->remove(object, this->etag_));
  EXPECT_EQ(this->head(object).error().code, Errc::not_found);
}

TYPED_TEST_P(ObjectStoreContract, AStopEndsEveryCall) {
  const BucketName bucket = this->subject_.make_bucket(false);
  const ObjectRef object = this->put(bucket, "k");
  std::stop_source source;
  source.request_stop();
  const std::stop_token stop = source.get_token();
  const Deadline never = Deadline::never();
  ContractSink sink;
  ObjectStore& store = this->store();

  EXPECT_EQ(store.head(object, never, stop).error().code, Errc::cancelled);
  EXPECT_EQ(store.read(object, {}, sink, never, stop).error().code, Errc::cancelled);
  EXPECT_EQ(store.tags(object, never, stop).error().code, Errc::cancelled);
  EXPECT_EQ(store.set_tags(object, {{"a", "b"}}, never, stop).error().code, Errc::cancelled);
  EXPECT_EQ(store.remove(object, this->etag_, never, stop).error().code, Errc::cancelled);
  EXPECT_EQ(this->content_of(object), "hello world");
}

REGISTER_TYPED_TEST_SUITE_P(ObjectStoreContract, TellsWhatAnObjectIs, ReadsExactlyTheNamedVersion,
                            LearnsTheVersionByReading, BeginsOnceAndThenDelivers,
                            WhatIsGoneIsNotFound, ReadsNothingOfAnotherState,
                            ResumesWhereATransferWasCut, ARefusalOfTheSinkIsTheResult,
                            TagsBelongToAVersion, TagsOfNothingCannotBeSet, KeysAreAnyText,
                            ACopyIsLikeItsSourceButForTags, CopiesOnlyWhatItWasMeantFor,
                            ACopyCarriesNobodysWordsForOurs, AMissingDestinationIsNotAMissingSource,
                            RemovesOneVersionForGood, RemovesWithoutVersionOnlyTheSameState,
                            AStopEndsEveryCall);

}  // namespace cordon
