#include "quarantine/former_quarantines.h"

#include <gtest/gtest.h>

#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_object_store.h"

namespace cordon {
namespace {

const ObjectRef kSettings{BucketName("cordon-system-main-111122223333"),
                          ObjectKey("settings.json")};
const AccountId kOwn("111122223333");

class FormerQuarantinesTest : public testing::Test {
 protected:
  FormerQuarantinesTest() { store_.make_bucket(kSettings.bucket, FakeObjectStore::Versions::on); }

  void apply(const std::string& document) { store_.put(kSettings.bucket, kSettings.key, document); }
  Result<std::vector<FormerQuarantine>> find() {
    return former_quarantines(store_, catalogue_, kSettings, kOwn, Deadline::never(), {});
  }

  FakeObjectStore store_;
  FakeBucketCatalogue catalogue_{store_};
};

TEST_F(FormerQuarantinesTest, EveryVersionOfTheSettingsCounts) {
  apply(R"({"schema":1,"defaults":{"quarantine":"first"},"owners":{"first":"777788889999"}})");
  apply(R"({"schema":1,"regions":{"eu-west-1":{"quarantine":"second"}}})");
  apply(R"({"schema":1,"defaults":{"quarantine":"first"}})");
  apply(R"({"schema":1,"buckets":[{"name":"uploads","prefix":"in/","quarantine":"third"}]})");
  apply(R"({"schema":1})");

  EXPECT_EQ(find().value(), (std::vector<FormerQuarantine>{{BucketName("third"), kOwn},
                                                           {BucketName("first"), kOwn},
                                                           {BucketName("second"), kOwn}}));
}

TEST_F(FormerQuarantinesTest, EachBelongsToWhomTheSettingsNamed) {
  apply(R"({"schema":1,"defaults":{"quarantine":"central"},"owners":{"central":"777788889999"}})");
  apply(R"({"schema":1})");

  EXPECT_EQ(find().value(),
            (std::vector<FormerQuarantine>{{BucketName("central"), AccountId("777788889999")}}));
}

TEST_F(FormerQuarantinesTest, WhatIsNoDocumentNamesNone) {
  apply(R"({"schema":1,"defaults":{"quarantine":"central"}})");
  apply("no document");
  apply(std::string((1 << 20) + 1, ' '));
  store_.put(kSettings.bucket, ObjectKey("settings.json.bak"),
             R"({"schema":1,"defaults":{"quarantine":"other"}})");
  store_.delete_current(kSettings.bucket, kSettings.key);

  EXPECT_EQ(find().value(), (std::vector<FormerQuarantine>{{BucketName("central"), kOwn}}));
}

TEST_F(FormerQuarantinesTest, WithoutASystemBucketThereWereNone) {
  const ObjectRef nowhere{BucketName("no-such-bucket"), kSettings.key};

  EXPECT_TRUE(
      former_quarantines(store_, catalogue_, nowhere, kOwn, Deadline::never(), {}).value().empty());
}

TEST_F(FormerQuarantinesTest, WhatMayNotBeReadIsNotNothing) {
  apply(R"({"schema":1,"defaults":{"quarantine":"central"}})");
  store_.fail_next(FakeObjectStore::Call::read, Error{Errc::denied, "AccessDenied"});

  EXPECT_EQ(find().error().code, Errc::denied);
}

}  // namespace
}  // namespace cordon
