#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <stop_token>
#include <string>

#include "core/ports/document_store.h"
#include "testing/result_code.h"

namespace cordon {

/// What every DocumentStore owes its caller. A Subject sets up a place without a document:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   DocumentStore& store();
///   void remove();                        // the document, if there is one
template <typename Subject>
class DocumentStoreContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  Result<std::optional<StoredDocument>> read(const std::optional<ETag>& known = std::nullopt) {
    return subject_.store().read(known, Deadline::never(), {});
  }
  Result<StoredDocument> write(const std::string& document,
                               const std::optional<ETag>& expected = std::nullopt) {
    return subject_.store().write(document, expected, Deadline::never(), {});
  }
  std::string document_now() {
    const auto now = read();
    return now && *now ? (*now)->document : "(none)";
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(DocumentStoreContract);

TYPED_TEST_P(DocumentStoreContract, StartsWithoutADocument) {
  EXPECT_EQ(code_of(this->read()), Errc::not_found);
  EXPECT_EQ(code_of(this->read(ETag("0123"))), Errc::not_found);
}

TYPED_TEST_P(DocumentStoreContract, GivesBackEveryByte) {
  const std::string document = "{\"\xC3\xBC\": \"\\u0000\",\r\n\t\"b\": [] }\n\n";

  const auto written = this->write(document);
  const auto found = this->read();

  ASSERT_TRUE(written) << written.error().what;
  ASSERT_TRUE(found) << found.error().what;
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->document, document);
  EXPECT_EQ((*found)->etag, written->etag);
  EXPECT_FALSE(written->etag.empty());
}

TYPED_TEST_P(DocumentStoreContract, SaysNothingWhereNothingIsNew) {
  const auto first = this->write("one");
  ASSERT_TRUE(first) << first.error().what;

  const auto unchanged = this->read(first->etag);
  const auto second = this->write("two", first->etag);
  const auto changed = this->read(first->etag);

  ASSERT_TRUE(unchanged) << unchanged.error().what;
  EXPECT_FALSE(unchanged->has_value());
  ASSERT_TRUE(second) << second.error().what;
  ASSERT_TRUE(changed && *changed);
  EXPECT_EQ((*changed)->document, "two");
}

TYPED_TEST_P(DocumentStoreContract, ReplacesOnlyWhatTheWriterKnew) {
  const auto first = this->write("one");
  ASSERT_TRUE(first) << first.error().what;
  const auto second = this->write("two", first->etag);
  ASSERT_TRUE(second) << second.error().what;

  EXPECT_EQ(code_of(this->write("three", first->etag)), Errc::changed);
  EXPECT_EQ(code_of(this->write("three")), Errc::changed);
  EXPECT_EQ(this->document_now(), "two");
}

TYPED_TEST_P(DocumentStoreContract, DoesNotBringBackWhatIsGone) {
  const auto first = this->write("one");
  ASSERT_TRUE(first) << first.error().what;
  this->subject_.remove();

  EXPECT_EQ(code_of(this->write("two", first->etag)), Errc::changed);
  EXPECT_EQ(code_of(this->read()), Errc::not_found);
  EXPECT_TRUE(this->write("two"));
}

TYPED_TEST_P(DocumentStoreContract, TakesARepeatForTheSameWrite) {
  const auto first = this->write("one");
  const auto again = this->write("one");

  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->etag, again->etag);
}

TYPED_TEST_P(DocumentStoreContract, StopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();

  const auto read = this->subject_.store().read({}, Deadline::never(), stop.get_token());
  const auto written = this->subject_.store().write("one", {}, Deadline::never(), stop.get_token());

  EXPECT_EQ(code_of(read), Errc::cancelled);
  EXPECT_EQ(code_of(written), Errc::cancelled);
  EXPECT_EQ(this->document_now(), "(none)");
}

REGISTER_TYPED_TEST_SUITE_P(DocumentStoreContract, StartsWithoutADocument, GivesBackEveryByte,
                            SaysNothingWhereNothingIsNew, ReplacesOnlyWhatTheWriterKnew,
                            DoesNotBringBackWhatIsGone, TakesARepeatForTheSameWrite,
                            StopsWhenAsked);

}  // namespace cordon
