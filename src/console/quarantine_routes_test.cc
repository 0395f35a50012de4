#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/text.h"
#include "core/provenance.h"
#include "core/quarantine_record.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Call = FakeObjectStore::Call;
using Versions = FakeObjectStore::Versions;

const BucketName kUploads("uploads");
const BucketName kElsewhere("elsewhere");
const BucketName kHere("cordon-quarantine-main-111122223333-eu-west-1");
const BucketName kThere("cordon-quarantine-main-111122223333-us-east-1");
const std::string kContent = "some harmful content";

class QuarantineRoutesTest : public testing::Test {
 protected:
  QuarantineRoutesTest() {
    for (const BucketName& bucket : {kUploads, kElsewhere, kHere, kThere}) {
      world_.account.objects.make_bucket(bucket, Versions::on);
      world_.account.home().buckets.buckets[bucket.str()] = {};
    }
  }

  /// As an agent leaves it.
  ObjectRef quarantined(const std::string& key, const BucketName& in = kHere) {
    const Provenance from{.object = {kUploads, ObjectKey(key), VersionId("v0")},
                          .etag = ETag("e0"),
                          .sha256 = hex(sha256(kContent)),
                          .signature = "Sig.A",
                          .time = world_.account.clock.system_now(),
                          .result_id = "01JD0000000000000000000000",
                          .result = "Infected",
                          .signatures = {"Sig.A"}};
    const ObjectKey to = quarantine_key(from.object);
    const TagSet tags{{"scan-result", "Infected"}, {"virus-name", "Sig.A"}};
    return {
        in, to,
        world_.account.objects.put(in, to, kContent, tags, quarantine_metadata(from, in, to, {}))
            .version};
  }
  bool is_there(const ObjectRef& stored) {
    const auto all = world_.account.objects.all(stored.bucket);
    return std::any_of(all.begin(), all.end(), [&](const FakeObjectStore::Stored& one) {
      return one.key == stored.key && one.version == stored.version;
    });
  }
  std::vector<std::string> keys(const json::object& page) {
    std::vector<std::string> all;
    for (const json::value& one : page.at("items").as_array()) {
      all.push_back(ConsoleWorld::text(one.at("key")));
    }
    return all;
  }
  static std::string body(const json::object& members) { return json::serialize(members); }
  ServerResponse restore(json::object members) {
    return world_.post("/api/v1/quarantine/restore", body(members), ApiRole::operator_);
  }
  ServerResponse remove(json::object members) {
    return world_.post("/api/v1/quarantine/delete", body(members), ApiRole::operator_);
  }

  ConsoleWorld world_;
};

TEST_F(QuarantineRoutesTest, ListsAllQuarantinesPageByPage) {
  for (const char* key : {"a", "b", "c"}) quarantined(key);
  quarantined("d", kThere);

  std::vector<std::string> all;
  std::string target = "/api/v1/quarantine?limit=2";
  std::size_t pages = 0;
  for (; pages < 5; ++pages) {
    const json::object page = ConsoleWorld::document(world_.get(target));
    for (const std::string& key : keys(page)) all.push_back(key);
    EXPECT_THAT(page.at("unseen").as_array(), IsEmpty());
    if (page.at("next").is_null()) break;
    target = "/api/v1/quarantine?limit=2&cursor=" + ConsoleWorld::text(page.at("next"));
  }

  EXPECT_THAT(all, ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(pages, 1U);
}

TEST_F(QuarantineRoutesTest, AListGoesOnBehindWhatWasDeletedMeanwhile) {
  const ObjectRef first = quarantined("a");
  quarantined("b");
  const json::object page = ConsoleWorld::document(world_.get("/api/v1/quarantine?limit=1"));
  ASSERT_EQ(remove({{"ids", {quarantine_id(first)}}}).status, 200);

  const json::object next = ConsoleWorld::document(
      world_.get("/api/v1/quarantine?limit=1&cursor=" + ConsoleWorld::text(page.at("next"))));

  EXPECT_THAT(keys(next), ElementsAre("b"));
}

TEST_F(QuarantineRoutesTest, ListsWhatIsAskedForAndSaysWhatItCouldNotSee) {
  quarantined("a/1");
  quarantined("b/1");
  quarantined("a/2", kThere);
  world_.account.catalogue.list_fails.emplace(kThere, Error{Errc::unavailable, "out of order"});

  EXPECT_THAT(
      keys(ConsoleWorld::document(world_.get("/api/v1/quarantine?bucket=uploads&prefix=a/"))),
      ElementsAre("a/1"));
  const json::object page =
      ConsoleWorld::document(world_.get("/api/v1/quarantine?quarantine=" + kThere.str()));
  EXPECT_THAT(keys(page), IsEmpty());
  EXPECT_EQ(page.at("unseen").at(0).at("quarantine"), json::value(kThere.str()));
  EXPECT_EQ(page.at("unseen").at(0).at("code"), "unavailable");
  for (const char* wrong : {"prefix=a", "bucket=!", "cursor=x", "cursor=%20", "limit=0"}) {
    EXPECT_EQ(world_.get(std::string("/api/v1/quarantine?") + wrong).status, 400) << wrong;
  }
}

// A bucket of somebody's is no quarantine, whatever a request calls it.
TEST_F(QuarantineRoutesTest, OtherBucketsAreOutOfReach) {
  const auto version =
      world_.account.objects.put(kElsewhere, ObjectKey("payroll"), "secret").version;
  const ObjectRef theirs{kElsewhere, ObjectKey("payroll"), version};
  const std::string id = quarantine_id(theirs);

  EXPECT_EQ(world_.get("/api/v1/quarantine?quarantine=elsewhere").status, 404);
  EXPECT_EQ(remove({{"ids", {id}}, {"quarantine", "elsewhere"}}).status, 404);
  EXPECT_EQ(remove({{"ids", {id}}}).status, 404);
  EXPECT_EQ(restore({{"id", id}, {"quarantine", "elsewhere"}}).status, 404);
  EXPECT_TRUE(is_there(theirs));
}

TEST_F(QuarantineRoutesTest, PutsAnObjectBack) {
  const ObjectRef stored = quarantined("tool");

  const ServerResponse done =
      restore({{"id", quarantine_id(stored)}, {"quarantine", kHere.str()}, {"allow", "none"}});

  ASSERT_EQ(done.status, 200) << done.body;
  const json::object document = ConsoleWorld::document(done);
  EXPECT_EQ(document.at("restored").at("bucket"), "uploads");
  EXPECT_EQ(document.at("restored").at("key"), "tool");
  EXPECT_THAT(ConsoleWorld::text(document.at("command")),
              HasSubstr("cordon quarantine restore " + quarantine_id(stored)));
  EXPECT_FALSE(is_there(stored));
  EXPECT_TRUE(world_.account.objects.current(kUploads, ObjectKey("tool")));
}

TEST_F(QuarantineRoutesTest, AnAllowanceIsWrittenDown) {
  const ObjectRef stored = quarantined("tool");

  const ServerResponse done = restore({{"id", quarantine_id(stored)},
                                       {"allow", "always"},
                                       {"expires", "2027-01-31T00:00:00Z"},
                                       {"to", {{"bucket", "uploads"}, {"key", "in/tool"}}}});

  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(ConsoleWorld::document(done).at("allowListed").at(0).at("expires"),
            "2027-01-31T00:00:00.000Z");
  EXPECT_THAT(world_.get("/api/v1/settings").body, HasSubstr("Sig.A"));
  EXPECT_TRUE(world_.account.objects.current(kUploads, ObjectKey("in/tool")));
}

TEST_F(QuarantineRoutesTest, WhatCannotBeRestoredStays) {
  const ObjectRef stored = quarantined("tool");
  const std::string id = quarantine_id(stored);
  world_.account.objects.put(kUploads, ObjectKey("tool"), "something else");

  EXPECT_EQ(restore({{"id", id}}).status, 422) << "the place is taken";
  EXPECT_EQ(restore({{"id", "v9:uploads/x"}}).status, 404);
  for (const json::object& wrong : {json::object{},
                                    {{"id", 1}},
                                    {{"id", "x"}},
                                    {{"id", id}, {"allow", "yes"}},
                                    {{"id", id}, {"expires", "2027-01-31T00:00:00Z"}},
                                    {{"id", id}, {"to", "s3://uploads/x"}},
                                    {{"id", id}, {"to", {{"bucket", "uploads"}}}},
                                    {{"id", id}, {"overwrite", "yes"}},
                                    {{"id", id}, {"download", true}}}) {
    EXPECT_EQ(restore(wrong).status, 400) << json::serialize(wrong);
  }
  world_.account.objects.fail_next(Call::head, {Errc::denied, "s3:GetObjectVersion"}, 4);
  EXPECT_EQ(restore({{"id", id}}).status, 403);
  EXPECT_TRUE(is_there(stored));
}

TEST_F(QuarantineRoutesTest, DeletesWhatIsNamedAndSaysWhatItCouldNot) {
  const ObjectRef first = quarantined("a");
  const ObjectRef second = quarantined("b");
  const ObjectRef kept = quarantined("c");

  const ServerResponse done =
      remove({{"ids", {quarantine_id(first), "v9:uploads/x", quarantine_id(second)}}});

  ASSERT_EQ(done.status, 200) << done.body;
  const json::object document = ConsoleWorld::document(done);
  EXPECT_EQ(document.at("items").as_array().size(), 2U);
  ASSERT_EQ(document.at("problems").as_array().size(), 1U);
  EXPECT_EQ(document.at("problems").at(0).at("id"), "v9:uploads/x");
  EXPECT_EQ(document.at("problems").at(0).at("code"), "not_found");
  EXPECT_FALSE(is_there(first));
  EXPECT_FALSE(is_there(second));
  EXPECT_TRUE(is_there(kept));

  EXPECT_EQ(remove({{"ids", {quarantine_id(first)}}}).status, 404);
  EXPECT_EQ(remove({{"ids", json::array()}}).status, 400);
  EXPECT_EQ(remove({{"ids", {"x"}}}).status, 400);
  EXPECT_EQ(remove({}).status, 400);
  EXPECT_EQ(world_
                .post("/api/v1/quarantine/delete", body({{"ids", {quarantine_id(kept)}}}),
                      ApiRole::viewer)
                .status,
            403);
  EXPECT_TRUE(is_there(kept));
}

}  // namespace
}  // namespace cordon
