#include "operations/signature_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>

#include "base/text.h"
#include "testing/fake_account.h"
#include "testing/signature_place.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

const SetManifest kManifest{.version = "27451",
                            .signatures = 1000,
                            .source = "freshclam",
                            .engine = "ClamAV 1.4.6",
                            .taken_at = SystemTime(std::chrono::seconds(1'700'000'000)),
                            .digest = std::string(64, 'a')};

/// A directory of signatures, perhaps with what is kept beside them.
class SignatureSetsTest : public testing::Test {
 protected:
  SignatureSetsTest() { place_.put("own.ndb", "Win.Test:0:*:00"); }

  static void write_manifest(const fs::path& directory, SetManifest manifest = kManifest) {
    SignaturePlace::put_in(directory, "cordon-set.json", to_json(manifest));
  }
  SignatureCheck check(const TrySet& try_set) {
    return check_signatures("/new", place_.set(), try_set);
  }
  static TrySet proves(LoadedSet set) {
    return [set](const fs::path&) -> Result<SetProof> {
      return SetProof{.proven = {.set = set, .engine = "ClamAV 1.4.6"},
                      .notes = {.first = {"rule A is not in force"}, .count = 2}};
    };
  }

  const SignaturePlace place_;
};

TEST_F(SignatureSetsTest, ADirectoryThatNobodyKeepsHasAVersionAndAnAge) {
  const auto status = signature_status(place_.set());

  ASSERT_TRUE(status) << status.error().what;
  EXPECT_THAT(status->set.version, HasSubstr("local-"));
  EXPECT_FALSE(status->manifest);
  EXPECT_FALSE(status->is_rejected());
  const boost::json::object document = document_of(*status);
  EXPECT_EQ(boost::json::value_to<std::string>(document.at("directory")), place_.set().string());
  EXPECT_EQ(document.at("testOnly"), false);
  for (const char* unknown :
       {"signatures", "source", "takenAt", "previous", "ignored", "rejected"}) {
    EXPECT_TRUE(document.at(unknown).is_null()) << unknown;
  }
}

TEST_F(SignatureSetsTest, WhatIsKeptSaysWhereItIsFromAndWhatWasBefore) {
  write_manifest(place_.set());
  SetManifest before = kManifest;
  before.version = "27450";
  write_manifest(place_.set() / "previous", before);

  auto status = signature_status(place_.set());

  ASSERT_TRUE(status);
  status->brake = BrakeState{.ignored = {"Win.Bad"}, .rejected_sets = {status->set.version}};
  EXPECT_TRUE(status->is_rejected());
  EXPECT_EQ(boost::json::serialize(document_of(*status)),
            R"({"schema":"cordon.signatures/1","directory":")" + place_.set().string() +
                R"(","version":")" + status->set.version + R"(","signatures":1000,"made":")" +
                rfc3339_s(status->made) +
                R"(","source":"freshclam","takenAt":"2023-11-14T22:13:20.000Z",)"
                R"("previous":"27450","ignored":["Win.Bad"],"rejected":true,"testOnly":false})");
}

TEST_F(SignatureSetsTest, WithoutSignaturesThereIsNoStatus) {
  const auto status = signature_status(place_.root() / "none");

  EXPECT_EQ(status.error().code, Errc::not_found);
}

TEST_F(SignatureSetsTest, AProvenSetWouldBeTakenWhereThereIsNoOther) {
  const SignatureCheck taken = check(proves({"27452", 10}));

  ASSERT_TRUE(taken.proven);
  EXPECT_EQ(boost::json::serialize(document_of(taken)),
            R"({"schema":"cordon.signature-check/1","directory":"/new","taken":true,)"
            R"("version":"27452","signatures":10,"engine":"ClamAV 1.4.6","testOnly":false,)"
            R"("notInForce":["rule A is not in force"],"notInForceCount":2,"problem":null})");
  EXPECT_TRUE(check_signatures("/new", std::nullopt, proves({"27452", 10})).proven);
}

TEST_F(SignatureSetsTest, AProvenSetThatLostMostOfThePresentOneWouldNot) {
  write_manifest(place_.set());

  const SignatureCheck refused = check(proves({"27452", 10}));

  ASSERT_FALSE(refused.proven);
  EXPECT_EQ(refused.proven.error().code, Errc::invalid);
  const boost::json::object document = document_of(refused);
  EXPECT_EQ(document.at("taken"), false);
  EXPECT_TRUE(document.at("version").is_null());
  EXPECT_EQ(document.at("notInForceCount"), 2);
  EXPECT_TRUE(check(proves({"27452", 1000})).proven);
}

TEST_F(SignatureSetsTest, TheFileThatLetsTheEngineDieIsNamed) {
  for (const char* name : {"a.ndb", "canary.hdb", "rules.yar"}) place_.put(name, name);
  int trials = 0;
  const TrySet dies_of_rules = [&](const fs::path& directory) -> Result<SetProof> {
    ++trials;
    if (!fs::exists(directory / "canary.hdb")) return Error{Errc::invalid, "no canary"};
    if (fs::exists(directory / "rules.yar")) return Error{Errc::invalid, "killed by signal 11"};
    EXPECT_EQ(SignaturePlace::content(directory / "a.ndb"), "a.ndb");
    return SetProof{};
  };

  const SignatureCheck refused =
      check_signatures(place_.set().string(), std::nullopt, dies_of_rules);

  ASSERT_FALSE(refused.proven);
  const std::string& what = refused.proven.error().what;
  EXPECT_NE(what.find("killed by signal 11"), std::string::npos);
  EXPECT_NE(what.find((place_.set() / "rules.yar").string()), std::string::npos) << what;
  const auto files = std::distance(fs::directory_iterator(place_.set()), {});
  EXPECT_LE(trials, 1 + files);
}

TEST_F(SignatureSetsTest, NoFileIsNamedThatMakesNoDifference) {
  for (const char* name : {"a.ndb", "b.ndb"}) place_.put(name, name);

  const SignatureCheck refused = check_signatures(place_.set().string(), std::nullopt,
                                                  [](const fs::path&) -> Result<SetProof> {
                                                    return Error{Errc::invalid, "no canary"};
                                                  });

  EXPECT_EQ(refused.proven.error().what, "no canary");
}

TEST_F(SignatureSetsTest, WithoutAPlaceToTryNothingIsLeftInOnesOwnDirectory) {
  for (const char* name : {"left-a.ndb", "left-b.ndb"}) place_.put(name, name);
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", (place_.root() / "missing").c_str(), 1);

  const SignatureCheck refused = check_signatures(place_.set().string(), std::nullopt,
                                                  [](const fs::path&) -> Result<SetProof> {
                                                    return Error{Errc::invalid, "no canary"};
                                                  });

  before == nullptr ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", kept.c_str(), 1);
  EXPECT_EQ(refused.proven.error().what, "no canary");
  for (const char* name : {"left-a.ndb", "left-b.ndb", "own.ndb"}) {
    EXPECT_FALSE(fs::exists(name)) << name;
  }
}

TEST_F(SignatureSetsTest, ASetThatIsNotProvenWouldNotBeTaken) {
  const SignatureCheck refused = check([](const fs::path&) -> Result<SetProof> {
    return Error{Errc::invalid, "the canary was not found"};
  });

  ASSERT_FALSE(refused.proven);
  EXPECT_EQ(document_of(refused).at("problem"), "the canary was not found");
}

TEST(SignatureUpdateDocument, HasWhatIsInForce) {
  EXPECT_EQ(boost::json::serialize(
                document_of(SignatureUpdate{"/sets", {.changed = true, .manifest = kManifest}})),
            R"({"schema":"cordon.signature-update/1","directory":"/sets","changed":true,)"
            R"("version":"27451","signatures":1000,"source":"freshclam"})");
}

TEST(BucketSource, TakesTheFilesDirectlyBelowThePrefix) {
  FakeAccount account;
  DeploymentAccess access(account);
  const SignaturePlace staging;
  const BucketName sets("sets");
  account.objects.make_bucket(sets);
  account.objects.put(sets, ObjectKey("daily/own.ndb"), "new");
  account.objects.put(sets, ObjectKey("other.ndb"), "no");

  const auto source = bucket_source(access, "s3://sets/daily");

  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->name(), "s3://sets/daily/");
  const Result<void> fetched = source->fetch(staging.set(), Deadline::never(), {});
  ASSERT_TRUE(fetched) << fetched.error().what;
  EXPECT_EQ(SignaturePlace::content(staging.set() / "own.ndb"), "new");
  EXPECT_FALSE(fs::exists(staging.set() / "other.ndb"));
}

TEST(BucketSource, IsOnlyWhatNamesABucket) {
  FakeAccount account;
  DeploymentAccess access(account);

  EXPECT_TRUE(is_bucket_source("s3://sets"));
  EXPECT_EQ(bucket_source(access, "s3://sets")->name(), "s3://sets/");
  for (const char* text : {"s3://", "https://mirror", "freshclam", ""}) {
    EXPECT_FALSE(is_bucket_source(text)) << text;
    EXPECT_EQ(bucket_source(access, text), nullptr) << text;
  }
}

}  // namespace
}  // namespace cordon
