#include "operations/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "brake/brake_document.h"
#include "testing/signature_place.h"
#include "testing/fake_account.h"
#include "testing/fake_runtime.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

using State = Finding::State;
using testing::HasSubstr;

const BucketName kUploads("uploads");
const std::string kBrakeFolder = "brake/eu-west-1/";

/// The finding of this check; the test fails where there is none.
Finding finding(const std::vector<Finding>& findings, const std::string& check) {
  for (const Finding& one : findings) {
    if (one.check == check) return one;
  }
  ADD_FAILURE() << "no finding of " << check;
  return {};
}

/// A deployment in which nothing is wrong.
class HealthTest : public testing::Test {
 protected:
  HealthTest() {
    const BucketName system = access_.deployment().system_bucket(access_.account());
    auto& buckets = account_.home().buckets.buckets;
    buckets[kUploads.str()].versioning = Versioning::on;
    for (const BucketName& bucket : {kUploads, system, quarantine_}) {
      account_.objects.make_bucket(bucket);
    }
    EXPECT_TRUE(access_.protection().protect(kUploads, Deadline::never(), {}));
    buckets[system.str()].versioning = Versioning::on;
    for (auto& [name, queue] : account_.home().queues.queues) {
      queue.message_bytes_max = 1U << 20U;
      queue.visibility = std::chrono::seconds(120);
    }
  }

  std::vector<Finding> examine(const std::vector<BucketName>& buckets = {}) {
    return examine_deployment(access_, runtime_.runtime, buckets);
  }
  Finding brake() { return finding(examine(), "brake"); }
  void hold(const std::string& record) {
    account_.objects.put(access_.deployment().system_bucket(access_.account()),
                         ObjectKey(kBrakeFolder + "held/" + record), "{}");
  }
  Result<std::vector<Trial>> try_out(const BucketName& bucket, const Settings& settings = {}) {
    return self_test(access_, runtime_.runtime, {.bucket = bucket, .wait = std::chrono::seconds(1)},
                     settings);
  }

  FakeAccount account_;
  DeploymentAccess access_{account_};
  FakeRuntime runtime_{account_.clock};
  const BucketName quarantine_ =
      access_.deployment().quarantine_bucket(access_.account(), access_.region());
};

TEST_F(HealthTest, FindsNothingWrongWhereNothingIs) {
  const std::vector<Finding> findings = examine();

  EXPECT_FALSE(has_failure(findings));
  for (const Finding& one : findings) {
    EXPECT_EQ(one.state, State::ok) << one.check << ": " << one.detail;
  }
  EXPECT_EQ(finding(findings, "credentials").subject, "111122223333");
  EXPECT_EQ(finding(findings, "region").subject, "eu-west-1");
  EXPECT_EQ(finding(findings, "notification").subject, "uploads");
  EXPECT_EQ(finding(findings, "brake").detail, "holds nothing");
}

TEST_F(HealthTest, DamageIsAFailureWithItsFix) {
  account_.home().buckets.buckets[kUploads.str()].notifications = {};

  const std::vector<Finding> findings = examine({kUploads});

  EXPECT_TRUE(has_failure(findings));
  EXPECT_THAT(finding(findings, "notification").fix, HasSubstr("cordon bucket protect uploads"));
}

TEST_F(HealthTest, ARegionThatIsNoneIsNamed) {
  account_.who.region = Region("mars-1");

  const std::vector<Finding> findings = examine();

  EXPECT_TRUE(has_failure(findings));
  EXPECT_EQ(findings.back().check, "region");
  EXPECT_EQ(findings.back().state, State::failed);
}

TEST_F(HealthTest, ABrakeThatIsPulledIsAWarning) {
  account_.stored(kBrakeFolder + "pulled.json")
      .put(to_json(BrakePull{.set = "27452",
                             .names = {"A"},
                             .agent = "agent-1",
                             .since = account_.clock.system_now(),
                             .scanned = 10,
                             .infected = 4}));

  EXPECT_EQ(brake().state, State::warning);
  EXPECT_EQ(brake().subject, "27452");
  EXPECT_THAT(brake().detail, HasSubstr("4 of 10 objects"));
}

TEST_F(HealthTest, WhatADecisionHasNotReachedIsAWarning) {
  hold("one");
  hold("two");

  EXPECT_EQ(brake().state, State::warning);
  EXPECT_THAT(brake().detail, HasSubstr("2 objects are held"));
}

TEST_F(HealthTest, ABrakeThatCannotBeReadIsAWarning) {
  account_.stored(kBrakeFolder + "state.json").fail_with(Error{Errc::denied, "s3:GetObject"});
  EXPECT_EQ(brake().state, State::warning);
  EXPECT_THAT(brake().detail, HasSubstr("s3:GetObject"));
  account_.stored(kBrakeFolder + "state.json").recover();

  hold("one");
  account_.objects.on_call([](FakeObjectStore::Call call, const ObjectRef&) {
    return call == FakeObjectStore::Call::read ? std::optional(Error{Errc::denied, "s3:GetObject"})
                                               : std::nullopt;
  });

  EXPECT_EQ(brake().state, State::warning);
  EXPECT_EQ(brake().fix, "docs/runbook/brake.md");
}

TEST(Unconnected, TheReasonIsSortedByWhatMendsIt) {
  const std::pair<Error, const char*> kReasons[] = {
      {{Errc::denied, "RequestTimeTooSkewed", ErrorCause::clock_skew}, "clock"},
      {{Errc::invalid, "no region is set"}, "region"},
      {{Errc::unavailable, "the endpoint of this region is away"}, "credentials"},
      {{Errc::not_found, "no credentials"}, "credentials"}};
  for (const auto& [error, check] : kReasons) {
    SCOPED_TRACE(error.what);

    const std::vector<Finding> findings = examine_unconnected(error);

    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].check, check);
    EXPECT_EQ(findings[0].state, State::failed);
    EXPECT_FALSE(findings[0].fix.empty());
    EXPECT_EQ(findings[1].state, State::skipped);
  }
}

/// A machine whose engine starts, with signatures that were made some time before now.
class MachineTest : public testing::Test {
 protected:
  MachineTest() { place_.put("own.ndb", "x"); }

  std::vector<Finding> examine_after(std::chrono::hours age) {
    fs::last_write_time(place_.set() / "own.ndb",
                        std::chrono::file_clock::from_sys(clock_.system_now() - age));
    return examine_machine(machine_, clock_);
  }

  const SignaturePlace place_;
  SimulatedClock clock_;
  MachineExamination machine_{.signatures = place_.set(),
                              .try_engine =
                                  [] {
                                    return EngineFacts{{"ClamAV 1.4.6", "27451"}, 42};
                                  },
                              .kernel = "6.1"};
};

TEST_F(MachineTest, AnEngineThatProvesItselfIsFine) {
  const std::vector<Finding> findings = examine_after(std::chrono::hours(1));

  EXPECT_EQ(findings.size(), 4U);
  for (const Finding& one : findings) EXPECT_EQ(one.state, State::ok) << one.check;
  EXPECT_EQ(finding(findings, "engine").subject, "ClamAV 1.4.6");
  EXPECT_EQ(finding(findings, "engine").detail, "signatures 27451, 42 in all");
  EXPECT_EQ(finding(findings, "sandbox").subject, "6.1");
  EXPECT_EQ(finding(findings, "signatures age").detail, "made 1 h ago");
}

TEST_F(MachineTest, SignaturesAgeFromAWarningToAFailure) {
  const std::pair<int, State> kAges[] = {
      {72, State::ok}, {73, State::warning}, {168, State::warning}, {169, State::failed}};
  for (const auto& [hours, state] : kAges) {
    SCOPED_TRACE(hours);
    const Finding age = finding(examine_after(std::chrono::hours(hours)), "signatures age");
    EXPECT_EQ(age.state, state);
    EXPECT_EQ(age.fix.empty(), state == State::ok);
  }
}

TEST_F(MachineTest, WithoutSignaturesNoEngineIsTried) {
  machine_.signatures = Error{Errc::not_found, "there is no directory"};
  machine_.try_engine = nullptr;

  const std::vector<Finding> findings = examine_machine(machine_, clock_);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].check, "signatures");
  EXPECT_EQ(findings[0].state, State::failed);
}

TEST_F(MachineTest, AnEngineThatDoesNotStartIsTheOnlyFinding) {
  machine_.try_engine = []() -> Result<EngineFacts> { return Error{Errc::invalid, "no Landlock"}; };

  const std::vector<Finding> findings = examine_machine(machine_, clock_);

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].state, State::failed);
  EXPECT_EQ(findings[0].detail, "no Landlock");
}

TEST_F(MachineTest, SignaturesThatAreGoneMeanwhileAreAFailure) {
  fs::remove(place_.set() / "own.ndb");

  const std::vector<Finding> findings = examine_machine(machine_, clock_);

  EXPECT_EQ(finding(findings, "signatures age").state, State::failed);
}

TEST_F(MachineTest, AWeakSandboxAndTestSignaturesAreWarnings) {
  machine_.allows_weak_sandbox = true;
  machine_.try_engine = [] { return EngineFacts{{"ClamAV 1.4.6", "test-1a2b3c4d"}, 2}; };

  const std::vector<Finding> findings = examine_machine(machine_, clock_);

  EXPECT_EQ(finding(findings, "sandbox").state, State::warning);
  EXPECT_EQ(finding(findings, "signatures age").state, State::warning);
  EXPECT_FALSE(has_failure(findings));
}

TEST_F(HealthTest, ATrialPassesByTheNamesOfTheSettings) {
  Settings settings;
  settings.tags.keys.result = "verdict";
  account_.objects.on_call([this](FakeObjectStore::Call call, const ObjectRef& object) {
    if (call == FakeObjectStore::Call::tags) {
      const bool clean = object.key.str().ends_with("clean");
      account_.objects.owner_sets_tags(object, {{"verdict", clean ? "Clean" : "Infected"}});
    }
    return std::optional<Error>();
  });

  const auto trials = try_out(kUploads, settings);

  ASSERT_TRUE(trials) << trials.error().what;
  ASSERT_EQ(trials->size(), 2U);
  for (const Trial& trial : *trials) EXPECT_TRUE(trial.passed) << trial.name << ": " << trial.why;
  EXPECT_TRUE(account_.objects.all(kUploads).empty());
}

TEST_F(HealthTest, NoTrialGoesWhereItHasNoPlace) {
  account_.home().buckets.buckets["open"] = {};
  Settings settings;
  settings.accounts = {{.id = AccountId("444455556666"),
                        .role_arn = "arn:aws:iam::444455556666:role/r",
                        .buckets = {BucketName("theirs")}}};

  const auto open = try_out(BucketName("open"));
  const auto theirs = try_out(BucketName("theirs"), settings);
  const auto none = try_out(BucketName("none"));

  EXPECT_EQ(open.error().code, Errc::invalid);
  EXPECT_THAT(open.error().what, HasSubstr("cordon bucket protect open"));
  EXPECT_EQ(theirs.error().code, Errc::invalid);
  EXPECT_THAT(theirs.error().what, HasSubstr("another account's"));
  EXPECT_EQ(none.error().code, Errc::not_found);
}

TEST(HealthDocuments, HaveTheirMembersInOrder) {
  EXPECT_EQ(
      boost::json::serialize(document_of(Finding{"queue", "q\n", State::warning, "detail", "fix"})),
      R"({"schema":"cordon.finding/1","check":"queue","subject":"q�","state":"warning",)"
      R"("detail":"detail","fix":"fix"})");
  Trial trial{.name = "eicar",
              .object = {BucketName("uploads"), ObjectKey("k")},
              .passed = true,
              .verdict = "Infected",
              .place = "s3://quarantine/k",
              .took = std::chrono::milliseconds(1500)};
  EXPECT_EQ(boost::json::serialize(document_of(trial)),
            R"({"schema":"cordon.selftest/1","name":"eicar","bucket":"uploads","key":"k",)"
            R"("passed":true,"result":"Infected","place":"s3://quarantine/k","millis":1500,)"
            R"("why":""})");
  trial.verdict = trial.place = "";
  EXPECT_TRUE(document_of(trial).at("result").is_null());
  EXPECT_TRUE(document_of(trial).at("place").is_null());
}

}  // namespace
}  // namespace cordon
