#include "provision/access_rights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <set>
#include <sstream>

namespace cordon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

AccessFacts facts() {
  return {.deployment = *Deployment::create("main"),
          .account = AccountId("111122223333"),
          .region = Region("eu-west-1"),
          .buckets = {BucketName("uploads")}};
}

Route to(RouteStep::Kind kind, const char* bucket, const char* prefix = "") {
  return {{kind, Destination{BucketName(bucket), prefix}}};
}

const AccessStatement* find(const std::vector<AccessStatement>& all, const std::string& sid) {
  for (const AccessStatement& one : all) {
    if (one.sid == sid) return &one;
  }
  return nullptr;
}

std::vector<std::string> resources(const AccessFacts& of, const std::string& sid) {
  const auto all = agent_access(of);
  const AccessStatement* one = find(all, sid);
  return one == nullptr ? std::vector<std::string>() : one->resources;
}

TEST(AgentAccess, FollowsTheRoutesOfEachBucketWithItsPrefixes) {
  AccessFacts of = facts();
  of.buckets = {BucketName("uploads"), BucketName("staging")};
  PolicySet& policies = of.settings.policies;
  policies.defaults.on_infected = {{RouteStep::Kind::keep}};
  policies.regions[Region("eu-west-1")].on_suspicious = to(RouteStep::Kind::copy, "lab");
  policies.regions[Region("us-east-1")].on_clean = to(RouteStep::Kind::move, "elsewhere");
  policies.buckets = {{BucketName("staging"),
                       "in/",
                       {.on_clean = to(RouteStep::Kind::move, "production", "incoming")}},
                      {BucketName("other"), "", {.on_clean = to(RouteStep::Kind::move, "x")}}};

  EXPECT_THAT(resources(of, "RemoveObjects"), ElementsAre("arn:aws:s3:::staging/*"));
  EXPECT_THAT(resources(of, "Destinations"),
              ElementsAre("arn:aws:s3:::lab/*", "arn:aws:s3:::production/incoming/*"));
  EXPECT_THAT(resources(of, "SeeThatDestinationsAreFree"),
              ElementsAre("arn:aws:s3:::lab", "arn:aws:s3:::production"));
  EXPECT_THAT(resources(of, "Quarantine"), IsEmpty());
  EXPECT_EQ(resources(of, "TakeBackCopies"), resources(of, "Destinations"));
  EXPECT_THAT(resources(of, "TryStore"),
              ElementsAre("arn:aws:s3:::cordon-quarantine-main-111122223333-eu-west-1/"
                          ".cordon/probe/*"));
}

TEST(AgentAccess, NothingIsTriedOrTakenBackWithoutARoute) {
  EXPECT_EQ(find(agent_access(facts()), "TryStore"), nullptr);
  EXPECT_EQ(find(agent_access(facts()), "TakeBackCopies"), nullptr);
}

TEST(AgentAccess, WritesToQuarantineOnlyForItsOwnBuckets) {
  EXPECT_THAT(resources(facts(), "Quarantine"),
              ElementsAre("arn:aws:s3:::cordon-quarantine-main-111122223333-eu-west-1/uploads/*"));
}

TEST(AgentAccess, FeaturesThatAreOffNeedNothing) {
  AccessFacts of = facts();
  EXPECT_NE(find(agent_access(of), "WriteResults"), nullptr);
  EXPECT_EQ(find(agent_access(of), "Notify"), nullptr);
  EXPECT_EQ(find(agent_access(of), "UseKeys"), nullptr);

  EXPECT_EQ(find(agent_access(of), "PutEvents"), nullptr);

  of.settings.results = {.cloudwatch = false, .eventbridge = true};
  of.settings.notifications = {.enabled = true, .region = Region("us-west-2")};

  EXPECT_EQ(find(agent_access(of), "WriteResults"), nullptr);
  EXPECT_THAT(resources(of, "PutEvents"),
              ElementsAre("arn:aws:events:eu-west-1:111122223333:event-bus/default"));
  EXPECT_THAT(resources(of, "Notify"),
              ElementsAre("arn:aws:sns:us-west-2:111122223333:cordon-notifications-main"));
}

TEST(AgentAccess, OnlyASweepLooksThroughBuckets) {
  AccessFacts of = facts();
  EXPECT_EQ(find(agent_access(of), "ListObjects"), nullptr);
  of.settings.sweep.every = "24h";
  const auto with = agent_access(of);
  ASSERT_NE(find(with, "ListObjects"), nullptr);
  EXPECT_THAT(find(with, "ListObjects")->actions, ElementsAre("s3:ListBucketVersions"));
}

TEST(AgentAccess, OtherPartitionsHaveOtherNames) {
  AccessFacts of = facts();
  of.region = Region("cn-north-1");

  for (const AccessStatement& one : agent_access(of)) {
    for (const std::string& resource : one.resources) {
      if (resource == "*") continue;  // Of the account, so of no partition.
      EXPECT_TRUE(resource.starts_with("arn:aws-cn:")) << resource;
    }
  }
}

TEST(AgentAccess, BucketsOfOtherAccountsTakeNothingButTheirRole) {
  AccessFacts of = facts();
  of.buckets.emplace_back("theirs");
  of.settings.accounts = {{.id = AccountId("444455556666"),
                           .role_arn = "arn:aws:iam::444455556666:role/r",
                           .buckets = {BucketName("theirs")}}};

  EXPECT_THAT(resources(of, "TakeOnRoles"), ElementsAre("arn:aws:iam::444455556666:role/r"));
  EXPECT_THAT(resources(of, "ReadObjects"), ElementsAre("arn:aws:s3:::uploads/*"));
}

TEST(AgentAccess, CopiesFromOtherAccountsAreVerifiedByTheAgentAndMadeInTheRole) {
  AccessFacts of = facts();
  of.buckets = {BucketName("theirs")};
  of.settings.accounts = {{.id = AccountId("444455556666"),
                           .role_arn = "arn:aws:iam::444455556666:role/r",
                           .buckets = {BucketName("theirs"), BucketName("their-lab")}}};
  PolicySet& policies = of.settings.policies;
  policies.defaults.on_clean = to(RouteStep::Kind::copy, "ours");
  policies.defaults.on_suspicious = to(RouteStep::Kind::copy, "their-lab");
  const std::string quarantine = "arn:aws:s3:::cordon-quarantine-main-111122223333-eu-west-1";

  EXPECT_THAT(resources(of, "Quarantine"), IsEmpty());
  EXPECT_THAT(
      resources(of, "VerifyMembersCopies"),
      ElementsAre(quarantine + "/their-lab/*", quarantine + "/theirs/*", "arn:aws:s3:::ours/*"));
  EXPECT_EQ(resources(of, "TagMembersCopies"), resources(of, "VerifyMembersCopies"));
  EXPECT_THAT(resources(of, "TakeBackCopies"), ElementsAre("arn:aws:s3:::ours/*"));
  EXPECT_THAT(resources(of, "ReadAllowMarks"), ElementsAre(quarantine + "/.cordon/*"));
  EXPECT_THAT(resources(of, "SeeThatDestinationsAreFree"), ElementsAre("arn:aws:s3:::ours"));

  const auto role = member_access(of);
  EXPECT_THAT(find(role, "Quarantine")->actions, Not(Contains("s3:GetObject")));
  EXPECT_THAT(find(role, "Destinations")->resources,
              ElementsAre("arn:aws:s3:::ours/*", "arn:aws:s3:::their-lab/*"));
  EXPECT_THAT(find(role, "VerifyCopies")->resources, ElementsAre("arn:aws:s3:::their-lab/*"));
  EXPECT_THAT(find(role, "SeeThatDestinationsAreFree")->resources,
              ElementsAre("arn:aws:s3:::their-lab"));
}

// Whatever is configured: who has an agent's role decides nothing for all the others.
TEST(AgentAccess, WritesNothingThatPeopleDecideIn) {
  AccessFacts of = facts();
  of.settings.sweep.every = "24h";
  of.settings.notifications.enabled = true;
  of.settings.policies.defaults.on_clean = to(RouteStep::Kind::move, "production");
  of.features = {OperatorFeature::gateway};
  const std::string system = "arn:aws:s3:::cordon-system-main-111122223333/";
  const std::vector<std::string> kOfPeople = {system + "settings.json", system + "protected.json",
                                              system + "brake/eu-west-1/state.json",
                                              system + "brake/us-east-1/state.json"};
  const std::vector<std::string> kRecords = {system + "brake/eu-west-1/held/x.json",
                                             system + "brake/eu-west-1/pulled.json"};
  const auto allows = [&](const std::string& verb, const std::string& object) {
    for (const AccessStatement& one : agent_access(of)) {
      const bool does =
          std::any_of(one.actions.begin(), one.actions.end(),
                      [&](const auto& action) { return action.starts_with("s3:" + verb); });
      for (std::string pattern : one.resources) {
        const bool is_open = pattern.ends_with('*');
        if (is_open) pattern.pop_back();
        if (does && (is_open ? object.starts_with(pattern) : object == pattern)) return true;
      }
    }
    return false;
  };

  for (const std::string& object : kOfPeople) {
    EXPECT_FALSE(allows("Put", object)) << object;
    EXPECT_FALSE(allows("Delete", object)) << object;
  }
  for (const std::string& object : kRecords) {
    EXPECT_TRUE(allows("Put", object)) << object;
    EXPECT_FALSE(allows("Delete", object)) << object;
  }
  const auto people = operator_access({.deployment = of.deployment,
                                       .account = of.account,
                                       .region = of.region,
                                       .features = {OperatorFeature::brake}});
  EXPECT_THAT(find(people, "DecideAboutSignatures")->resources,
              ElementsAre(system + "brake/eu-west-1/state.json"));
}

TEST(MemberAccess, TheRoleHasOnlyWhatIsWantedOfIt) {
  AccessFacts of = facts();
  for (const char* sid : {"ListObjects", "Gate", "RestoreObjects"}) {
    EXPECT_EQ(find(member_access(of), sid), nullptr) << sid;
  }
  of.settings.sweep.every = "24h";
  EXPECT_NE(find(member_access(of), "ListObjects"), nullptr);
  of.settings.sweep.every = "off";
  of.member_features = {MemberFeature::gate, MemberFeature::restore, MemberFeature::sweep};
  for (const char* sid : {"ListObjects", "Gate"}) {
    ASSERT_NE(find(member_access(of), sid), nullptr) << sid;
    EXPECT_THAT(find(member_access(of), sid)->resources, ElementsAre("arn:aws:s3:::uploads"));
  }
  EXPECT_THAT(find(member_access(of), "RestoreObjects")->resources,
              ElementsAre("arn:aws:s3:::uploads/*"));
}

TEST(ConsoleAccess, BucketsOfOtherAccountsAreReachedInTheirRole) {
  AccessFacts of = facts();
  of.buckets.emplace_back("theirs");
  of.settings.accounts = {{.id = AccountId("444455556666"),
                           .role_arn = "arn:aws:iam::444455556666:role/r",
                           .buckets = {BucketName("theirs")}}};

  const auto console = console_access(of);

  EXPECT_THAT(find(console, "TakeOnRoles")->resources,
              ElementsAre("arn:aws:iam::444455556666:role/r"));
  EXPECT_THAT(find(console, "ReadVerdicts")->resources, ElementsAre("arn:aws:s3:::uploads/*"));
  EXPECT_THAT(find(console, "TakeFromQuarantine")->resources,
              Contains("arn:aws:s3:::cordon-quarantine-main-111122223333-eu-west-1/theirs/*"));
}

TEST(ConsoleAccess, ActsOnlyWhereThatIsAskedFor) {
  AccessFacts of = facts();
  const char* const kActing[] = {"ProtectBuckets",  "MakeTopic",   "HandleDeadLetters",
                                 "LinkFileShares",  "RemoveTopic", "DecideAboutSignatures",
                                 "LookAtObjects",   "ListObjects", "KeepCheckpoints",
                                 "KeepProtectedSet"};
  for (const char* sid : kActing) EXPECT_EQ(find(console_access(of), sid), nullptr) << sid;

  of.features = {OperatorFeature::protect, OperatorFeature::sweep,   OperatorFeature::regions,
                 OperatorFeature::dead,    OperatorFeature::gateway, OperatorFeature::doctor,
                 OperatorFeature::brake,   OperatorFeature::watch};

  for (const char* sid : kActing) EXPECT_NE(find(console_access(of), sid), nullptr) << sid;
  EXPECT_EQ(find(console_access(of), "WatchBuckets"), nullptr) << "it does not";
  EXPECT_THAT(find(console_access(of), "KeepCheckpoints")->resources,
              ElementsAre("arn:aws:s3:::cordon-system-main-111122223333/sweeps/*"));
}

TEST(ConsoleAccess, MessagesAreTakenFromTheResultsQueueAlone) {
  for (const AccessStatement& one : console_access(facts())) {
    const bool takes = std::count(one.actions.begin(), one.actions.end(), "sqs:ReceiveMessage") +
                           std::count(one.actions.begin(), one.actions.end(), "sqs:DeleteMessage") >
                       0;
    EXPECT_EQ(takes, one.sid == "TakeResults");
    if (!takes) continue;
    EXPECT_THAT(one.resources, ElementsAre("arn:aws:sqs:*:111122223333:cordon-results-main"));
  }
}

TEST(Access, NoRightIsForEverythingButListingBuckets) {
  AccessFacts all = facts();
  all.member_features = {MemberFeature::gate, MemberFeature::restore, MemberFeature::sweep};
  all.features = {OperatorFeature::watch,   OperatorFeature::regions, OperatorFeature::dead,
                  OperatorFeature::gateway, OperatorFeature::doctor,  OperatorFeature::brake,
                  OperatorFeature::protect};
  const std::set<std::string> kOfTheAccount = {"ListBuckets",      "FindBuckets", "ListFileShares",
                                               "SeeSubscriptions", "SeeFilters",  "ClearFilters"};
  for (const auto access : {agent_access, console_access, operator_access, member_access}) {
    std::set<std::string> sids;
    for (const AccessStatement& one : access(all)) {
      EXPECT_TRUE(sids.insert(one.sid).second) << one.sid;
      for (const std::string& action : one.actions) EXPECT_THAT(action, Not(Contains('*')));
      EXPECT_EQ(std::count(one.resources.begin(), one.resources.end(), "*"),
                kOfTheAccount.contains(one.sid) ? 1 : 0);
      EXPECT_FALSE(one.why.empty());
    }
  }
}

TEST(Access, ThePolicyIsJson) {
  const boost::json::value parsed = boost::json::parse(access_policy(agent_access(facts())));

  EXPECT_EQ(parsed.at("Version").as_string(), "2012-10-17");
  EXPECT_EQ(parsed.at("Statement").as_array().size(), agent_access(facts()).size());
  EXPECT_EQ(parsed.at("Statement").at(2).at("Sid").as_string(), "ReadObjects");
  EXPECT_EQ(parsed.at("Statement").at(2).at("Resource").at(0).as_string(),
            "arn:aws:s3:::uploads/*");
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// The tables of the manual are printed by us; it names the deployment D, the account A, the region
// R.
TEST(Access, TheManualHasTheSameTables) {
  AccessFacts of = facts();
  of.settings.notifications.enabled = true;
  of.settings.results.eventbridge = true;
  of.settings.sweep.every = "24h";
  of.settings.policies.defaults.on_clean = to(RouteStep::Kind::move, "production", "incoming");
  of.kms_keys = {"arn:aws:kms:eu-west-1:111122223333:key/K"};
  std::ifstream file(CORDON_PERMISSIONS);
  std::stringstream manual;
  manual << file.rdbuf();
  ASSERT_FALSE(manual.str().empty()) << CORDON_PERMISSIONS;

  using Access = std::vector<AccessStatement> (*)(const AccessFacts&);
  const std::set<OperatorFeature> of_operators = {OperatorFeature::watch,  OperatorFeature::regions,
                                                  OperatorFeature::dead,   OperatorFeature::gateway,
                                                  OperatorFeature::doctor, OperatorFeature::brake};
  std::set<OperatorFeature> of_consoles = of_operators;
  of_consoles.insert({OperatorFeature::protect, OperatorFeature::sweep});
  const std::pair<const char*, Access> kRoles[] = {{"agent", agent_access},
                                                   {"console", console_access},
                                                   {"operator", operator_access},
                                                   {"member", member_access}};
  of.member_features = {MemberFeature::gate, MemberFeature::restore, MemberFeature::sweep};
  for (const auto& [name, access] : kRoles) {
    of.features = access == console_access ? of_consoles : of_operators;
    std::string table = access_table(access(of));
    for (const auto& [what, by] : {std::pair("111122223333", "A"),
                                   {"eu-west-1", "R"},
                                   {"-main-", "-D-"},
                                   {"-main`", "-D`"},
                                   {"/main/", "/D/"}}) {
      table = replaced(table, what, by);
    }
    const std::string block =
        "<!-- cordon iam " + std::string(name) + " -->\n" + table + "<!-- end -->\n";
    EXPECT_NE(manual.str().find(block), std::string::npos)
        << "docs/runbook/permissions.md should have:\n"
        << block;
  }
}

}  // namespace
}  // namespace cordon
