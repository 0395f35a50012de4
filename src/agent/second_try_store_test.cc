#include "agent/second_try_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "testing/fake_object_store.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;

const BucketName kBucket("b");
const ObjectKey kKey("k");

class SecondTryStoreTest : public testing::Test {
 protected:
  SecondTryStoreTest() { fake_.make_bucket(kBucket, FakeObjectStore::Versions::on); }

  /// Each call that is asked twice, on a new object; whether it succeeded.
  std::map<Call, std::function<Result<void>()>> calls() {
    const CopyResult made = fake_.put(kBucket, kKey, "content");
    const ObjectRef object{kBucket, kKey, made.version};
    const ETag etag = made.etag;
    const auto done = [](const auto& result) {
      return result ? Result<void>() : Result<void>(result.error());
    };
    return {
        {Call::head, [=, this] { return done(store_.head(object, Deadline::never(), {})); }},
        {Call::tags, [=, this] { return done(store_.tags(object, Deadline::never(), {})); }},
        {Call::set_tags,
         [=, this] {
           return store_.set_tags(object, {{"a", "b"}}, Deadline::never(), {});
         }},
        {Call::copy,
         [=, this] {
           return done(store_.copy({.from = object,
                                    .from_etag = etag,
                                    .bytes = 7,
                                    .to_bucket = kBucket,
                                    .to_key = ObjectKey("copy")},
                                   Deadline::never(), {}));
         }},
        {Call::remove, [=, this] { return store_.remove(object, etag, Deadline::never(), {}); }}};
  }

  FakeObjectStore fake_;
  SecondTryStore store_{fake_};
};

TEST_F(SecondTryStoreTest, OneRefusalIsNotTheLastWord) {
  for (const auto& [call, make] : calls()) {
    fake_.fail_next(call, {Errc::denied, "a proxy", ErrorCause::access_denied});
    EXPECT_TRUE(make());
    EXPECT_EQ(fake_.calls(call), 2);
  }
}

TEST_F(SecondTryStoreTest, TwoRefusalsAre) {
  for (const auto& [call, make] : calls()) {
    fake_.fail_next(call, {Errc::denied, "AccessDenied", ErrorCause::access_denied}, 2);
    EXPECT_EQ(make().error().code, Errc::denied);
    EXPECT_EQ(fake_.calls(call), 2);
  }
}

TEST_F(SecondTryStoreTest, WhatIsNoRefusalOfAnObjectIsNotRepeated) {
  for (const Error& error :
       {Error{Errc::unavailable, "503"}, Error{Errc::not_found, "404"}, Error{Errc::changed, "412"},
        Error{Errc::denied, "ExpiredToken", ErrorCause::credentials}}) {
    for (const auto& [call, make] : calls()) {
      const int before = fake_.calls(call);
      fake_.fail_next(call, error);
      EXPECT_EQ(make().error().code, error.code);
      EXPECT_EQ(fake_.calls(call), before + 1);
    }
  }
}

}  // namespace
}  // namespace cordon
