#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "core/ports/finding_queries.h"
#include "core/ports/finding_store.h"
#include "testing/findings.h"
#include "testing/result_code.h"

namespace cordon {

/// What every FindingStore owes its caller, seen through the FindingQueries of the same database.
/// A Subject sets up an empty one:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   FindingStore& store();
///   FindingQueries& queries();
template <typename Subject>
class FindingStoreContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  FindingStore& store() { return subject_.store(); }
  FindingQueries& queries() { return subject_.queries(); }

  TakenResults add(const std::vector<ScanResult>& results) {
    const Result<TakenResults> taken = store().add(results, Deadline::never(), {});
    EXPECT_TRUE(taken) << (taken ? "" : taken.error().what);
    return taken ? *taken : TakenResults{};
  }
  TakenResults add_one(const ScanResult& result) { return add(std::vector{result}); }

  std::size_t forget(int second, std::size_t count_max = 1'000) {
    return store().forget_before(finding_time(second), count_max, Deadline::never(), {}).value();
  }

  /// All rows of a query, in pages of `rows_max`.
  template <typename Ask>
  auto all_of(Ask ask, std::size_t rows_max) {
    auto page = ask(PageRequest{.rows_max = rows_max});
    EXPECT_TRUE(page) << (page ? "" : page.error().what);
    auto rows = page->rows;
    for (int pages = 0; page && page->next && pages < 10'000; ++pages) {
      EXPECT_LE(page->rows.size(), rows_max);
      page = ask(PageRequest{.rows_max = rows_max, .after = page->next});
      EXPECT_TRUE(page) << (page ? "" : page.error().what);
      if (page) rows.insert(rows.end(), page->rows.begin(), page->rows.end());
    }
    return rows;
  }
  std::vector<ScanResult> results(const ResultFilter& filter, std::size_t rows_max = 1'000) {
    return all_of(
        [&](const PageRequest& page) {
          return queries().results(filter, page, Deadline::never(), {});
        },
        rows_max);
  }
  std::vector<Problem> problems(const ProblemFilter& filter, std::size_t rows_max = 1'000) {
    return all_of(
        [&](const PageRequest& page) {
          return queries().problems(filter, page, Deadline::never(), {});
        },
        rows_max);
  }
  std::vector<ScanResult> occurrences(ProblemId problem, std::size_t rows_max = 1'000) {
    return all_of(
        [&](const PageRequest& page) {
          return queries().occurrences(problem, page, Deadline::never(), {});
        },
        rows_max);
  }
  std::vector<Rollup> rollups(const RollupFilter& filter, std::size_t rows_max = 1'000) {
    return all_of(
        [&](const PageRequest& page) {
          return queries().rollups(filter, page, Deadline::never(), {});
        },
        rows_max);
  }
  static std::vector<std::string> ids_of(const std::vector<ScanResult>& results) {
    std::vector<std::string> ids;
    for (const ScanResult& result : results) ids.push_back(result.id);
    return ids;
  }
  /// The one problem that the filter finds.
  Problem only_problem(const ProblemFilter& filter) {
    const std::vector<Problem> found = problems(filter);
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? Problem{} : found.front();
  }

  /// Another text in every call, so that cases of a property share a database and meet nothing.
  std::string fresh() { return std::to_string(++fresh_); }

  Subject subject_;
  int fresh_ = 0;
};

TYPED_TEST_SUITE_P(FindingStoreContract);

using Ids = std::vector<std::string>;

inline const Ids kSomeKeys = {
    "x", "x%", "X", "x_1", "x/\xC3\xBC", std::string("x\0y", 3), "\xF4\x8F\xBF\xBF"};
inline const std::vector<Ids> kSomeNames = {{"A"}, {"B"}, {"A", "B"}, {"A", "A"}};
inline const std::vector<Disposition> kSomeVerdicts = {
    Disposition::clean,      Disposition::infected,         Disposition::infected,
    Disposition::suspicious, Disposition::infected_allowed, Disposition::unscannable,
    Disposition::error};

/// Few of everything, so that cases meet; ids begin with `id`.
inline std::vector<ScanResult> any_findings(const std::string& bucket, const std::string& id,
                                            const std::string& sha256) {
  const auto one = [&](int number) -> ScanResult {
    ScanResult result = ReportedFinding(id + "-" + std::to_string(number))
                            .bucket(bucket)
                            .key(*rc::gen::elementOf(kSomeKeys))
                            .second(*rc::gen::inRange(0, 9))
                            .names(*rc::gen::elementOf(kSomeNames))
                            .verdict(*rc::gen::elementOf(kSomeVerdicts));
    if (*rc::gen::arbitrary<bool>()) result.version = VersionId("null");
    if (*rc::gen::arbitrary<bool>()) result.version = VersionId("v1");
    if (*rc::gen::arbitrary<bool>()) result.sha256 = sha256;
    if (*rc::gen::inRange(0, 5) == 0) result.sha256 = "no digest";
    return result;
  };
  const int count = *rc::gen::inRange(1, 14);
  std::vector<ScanResult> out;
  for (int i = 0; i < count; ++i) out.push_back(one(i));
  return out;
}

TYPED_TEST_P(FindingStoreContract, GivesResultsBackAsTheyWere) {
  ScanResult result = ReportedFinding("01JD").sha256(kShaA);
  result.account = AccountId("111122223333");
  result.region = Region("eu-west-1");
  result.key = ObjectKey(std::string("nul\0\n'\"\\ \xC3\xBC", 12));
  result.version = VersionId("v");
  result.etag = ETag("e");
  result.size = 18'446'744'073'709'551'615U;
  result.sequencer = "";
  result.event_time = finding_time(-1) + std::chrono::milliseconds(123);
  result.verdict.bytes_scanned = 9'007'199'254'740'993U;
  result.engine = "ClamAV";
  result.millis = {-1, 2, 3, 9'007'199'254'740'993};
  result.actions = {
      {ActionKind::move, BucketName("q"), ObjectKey("\xC3\xBC"), ActionStatus::held, "why"}};

  this->add({result});

  EXPECT_EQ(this->results({}), std::vector{result});
  EXPECT_EQ(this->queries().result("01JD", Deadline::never(), {}).value(), result);
  EXPECT_EQ(code_of(this->queries().result("01JE", Deadline::never(), {})), Errc::not_found);
}

TYPED_TEST_P(FindingStoreContract, AnIdCountsOnce) {
  const ScanResult one = ReportedFinding("1").sha256(kShaA).size(10);
  ScanResult other = ReportedFinding("2").key("other").sha256(kShaA).size(5);

  const TakenResults first = this->add({one, one});
  const TakenResults second = this->add({one, other});
  other.key = ObjectKey("forged");
  const TakenResults third = this->add({other});

  EXPECT_EQ(first.added, 1U);
  EXPECT_EQ(first.known, 1U);
  EXPECT_EQ(second.added, 1U);
  EXPECT_EQ(second.known, 1U);
  EXPECT_EQ(third.added, 0U);
  EXPECT_EQ(this->ids_of(this->results({})), (Ids{"2", "1"}));
  EXPECT_EQ(this->only_problem({}).objects, 2U);
  EXPECT_EQ(this->rollups({}).at(0).results, 2U);
  EXPECT_EQ(this->rollups({}).at(0).bytes, 15U);
  EXPECT_EQ(this->add(std::vector<ScanResult>()).added, 0U);
}

TYPED_TEST_P(FindingStoreContract, RefusesWhatItCannotKeepAndKeepsNothingOfIt) {
  const ScanResult good = ReportedFinding("1");
  const std::pair<const char*, ScanResult> bad[] = {
      {"no id", ReportedFinding("")},
      {"an id that is no word", ReportedFinding("a b")},
      {"a long id", ReportedFinding(std::string(65, '1'))},
      {"no bucket", ReportedFinding("2").bucket("")},
      {"no key", ReportedFinding("2").key("")},
      {"a long key", ReportedFinding("2").key(std::string(1025, 'k'))},
      {"a long name", ReportedFinding("2").names({"V", std::string(1025, 'v')})},
  };
  for (const auto& [what, result] : bad) {
    SCOPED_TRACE(what);
    EXPECT_EQ(code_of(this->store().add(std::vector{good, result}, Deadline::never(), {})),
              Errc::invalid);
  }
  std::vector<ScanResult> many;
  for (int i = 0; i < 1'001; ++i) many.push_back(ReportedFinding(std::to_string(i)));
  EXPECT_EQ(code_of(this->store().add(many, Deadline::never(), {})), Errc::invalid);
  EXPECT_TRUE(this->results({}).empty());

  many.pop_back();
  EXPECT_EQ(this->add(many).added, 1'000U);
  EXPECT_EQ(this->results({}, 300).size(), 1'000U);
}

TYPED_TEST_P(FindingStoreContract, TheNewestScanIsTheStateInWhateverOrderTheyCome) {
  const ScanResult kScans[] = {
      ReportedFinding("1").second(1),
      ReportedFinding("2").second(2).verdict(Disposition::clean),
      ReportedFinding("3").second(3).names({"Other"}),
      ReportedFinding("4").second(3).verdict(Disposition::unscannable),
  };
  std::vector<int> order = {0, 1, 2, 3};
  do {
    const std::string run = this->fresh();
    for (const int i : order) {
      ScanResult result = kScans[i];
      result.id = run + "." + result.id;
      result.bucket = BucketName("bucket-" + run);
      result.sha256 = sha_of(run);
      this->add_one(result);
    }
    const std::vector<Problem> found = this->problems({.bucket = BucketName("bucket-" + run)});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].verdict, Disposition::unscannable);
    EXPECT_EQ(found[0].cause, "limit");
    EXPECT_EQ(found[0].objects, 1U);
    EXPECT_EQ(found[0].state, ProblemState::open);
    const auto all = this->problems({.sha256 = found[0].sha256});
    ASSERT_EQ(all.size(), 3U);
    for (const Problem& one : all) {
      EXPECT_EQ(one.objects, one.id == found[0].id ? 1U : 0U);
      EXPECT_EQ(one.state, one.id == found[0].id ? ProblemState::open : ProblemState::gone);
    }
    EXPECT_EQ(this->ids_of(this->occurrences(found[0].id)), Ids{run + ".4"});
  } while (std::next_permutation(order.begin(), order.end()));
}

TYPED_TEST_P(FindingStoreContract, OneContentIsOneProblemWhereverItLies) {
  this->add({ReportedFinding("1").key("a").second(5).sha256(kShaA),
             ReportedFinding("2").bucket("c").key("b").second(3).sha256(kShaA),
             ReportedFinding("3").key("c").second(9).names({"Other"}).sha256(kShaA),
             ReportedFinding("4").key("d").sha256(kShaB),
             ReportedFinding("5").key("e").verdict(Disposition::suspicious).sha256(kShaA),
             ReportedFinding("6").key("f").verdict(Disposition::clean).sha256(kShaA),
             ReportedFinding("7").key("g").verdict(Disposition::infected_allowed).sha256(kShaA)});

  EXPECT_EQ(this->problems({}).size(), 4U);
  const Problem both = this->only_problem({.bucket = BucketName("c")});
  EXPECT_EQ(both.sha256, kShaA);
  EXPECT_EQ(both.cause, "Win.Test");
  EXPECT_EQ(both.objects, 2U);
  EXPECT_EQ(both.first_seen, finding_time(3));
  EXPECT_EQ(both.last_seen, finding_time(5));
  EXPECT_EQ(both.handled, std::nullopt);
  ASSERT_TRUE(both.example);
  EXPECT_EQ(both.example->version, VersionId("null"));
  EXPECT_EQ(this->queries().problem(both.id, Deadline::never(), {}).value(), both);
  EXPECT_EQ(code_of(this->queries().problem(999'999, Deadline::never(), {})), Errc::not_found);
  const auto where = this->occurrences(both.id);
  EXPECT_EQ((std::set<std::string>{where.at(0).id, where.at(1).id}),
            (std::set<std::string>{"1", "2"}));
  EXPECT_TRUE(this->occurrences(999'999).empty());
}

TYPED_TEST_P(FindingStoreContract, ContentThatNobodyReadIsAProblemOfItsObject) {
  this->add({ReportedFinding("1").key("a").verdict(Disposition::error),
             ReportedFinding("2").key("a").second(1).verdict(Disposition::error),
             ReportedFinding("3").key("b").verdict(Disposition::error),
             ReportedFinding("4").key("b").version("v").verdict(Disposition::error)});

  EXPECT_EQ(this->problems({}).size(), 3U);
  for (const Problem& problem : this->problems({})) {
    EXPECT_EQ(problem.sha256, std::nullopt);
    EXPECT_EQ(problem.objects, 1U);
  }
}

TYPED_TEST_P(FindingStoreContract, AVersionThatIsNotNamedIsTheNullVersion) {
  this->add_one(ReportedFinding("1").sha256(kShaA));
  this->add_one(
      ReportedFinding("2").version("null").second(1).verdict(Disposition::clean).sha256(kShaA));

  EXPECT_EQ(this->only_problem({}).state, ProblemState::gone);
  EXPECT_EQ(this->only_problem({}).example, std::nullopt);
}

TYPED_TEST_P(FindingStoreContract, WhatIsHandledStaysSoUntilAnotherObjectComesToIt) {
  this->add_one(ReportedFinding("1").key("a").sha256(kShaA));
  const ProblemId id = this->only_problem({}).id;
  const HandledMark mark{.by = "me", .at = finding_time(50), .why = "a drill, \xC3\xBC"};

  ASSERT_TRUE(this->store().handle(id, mark, Deadline::never(), {}));
  EXPECT_EQ(this->only_problem({}).state, ProblemState::handled);
  EXPECT_EQ(this->only_problem({}).handled, mark);
  EXPECT_EQ(this->problems({.states = {ProblemState::open}}).size(), 0U);

  this->add_one(ReportedFinding("2").key("a").second(9).sha256(kShaA));  // Scanned again.
  EXPECT_EQ(this->only_problem({}).state, ProblemState::handled);

  this->add_one(ReportedFinding("3").key("b").second(1).sha256(kShaA));
  EXPECT_EQ(this->only_problem({}).state, ProblemState::open);
  EXPECT_EQ(this->only_problem({}).handled, mark);
  EXPECT_EQ(code_of(this->store().handle(id + 1, mark, Deadline::never(), {})), Errc::not_found);
}

TYPED_TEST_P(FindingStoreContract, FindsExactlyWhatFiltersSay) {
  const bool holds = rc::check([this] {
    const std::string run = this->fresh();
    const std::vector<ScanResult> given = any_findings("f" + run, run, sha_of(run));
    this->add(given);
    ResultFilter filter{.bucket = BucketName("f" + run)};
    filter.key_prefix = *rc::gen::elementOf(
        Ids{"", "x", "x%", "x_", "X", "x/", std::string("x\0", 2), "\xF4\x8F\xBF\xBF", "y"});
    filter.verdicts = *rc::gen::elementOf(std::vector<std::vector<Disposition>>{
        {}, {Disposition::infected}, {Disposition::clean, Disposition::error}});
    filter.signature = *rc::gen::elementOf(
        std::vector<std::optional<std::string>>{std::nullopt, std::nullopt, "A", "B", "C"});
    filter.sha256 = *rc::gen::elementOf(
        std::vector<std::optional<std::string>>{std::nullopt, std::nullopt, sha_of(run)});
    if (*rc::gen::arbitrary<bool>()) filter.since = finding_time(*rc::gen::inRange(0, 9));
    if (*rc::gen::arbitrary<bool>()) filter.until = finding_time(*rc::gen::inRange(0, 9));
    const auto rows_max = static_cast<std::size_t>(*rc::gen::inRange(1, 5));

    std::vector<ScanResult> expected;
    for (const ScanResult& one : given) {
      if (matches(filter, one)) expected.push_back(one);
    }
    std::sort(expected.begin(), expected.end(), [](const ScanResult& a, const ScanResult& b) {
      return std::tie(a.scanned_at, a.id) > std::tie(b.scanned_at, b.id);
    });
    RC_ASSERT(this->results(filter) == expected);
    RC_ASSERT(this->results(filter, rows_max) == expected);
  });
  EXPECT_TRUE(holds);
}

TYPED_TEST_P(FindingStoreContract, ProblemsFollowFromTheNewestResultsAlone) {
  const bool holds = rc::check([this] {
    const std::string run = this->fresh();
    const std::vector<ScanResult> given = any_findings("p" + run, run, sha_of(run));
    std::vector<ScanResult> order = given;
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
    }
    const auto batch = *rc::gen::inRange<std::size_t>(1, 6);
    for (std::size_t i = 0; i < order.size(); i += batch) {
      this->add(std::vector<ScanResult>(
          order.begin() + static_cast<std::ptrdiff_t>(i),
          order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), i + batch))));
    }

    std::map<ObjectVersion, ScanResult> newest;
    for (const ScanResult& one : given) {
      auto [at, is_new] = newest.emplace(object_version_of(one), one);
      if (std::tie(at->second.scanned_at, at->second.id) < std::tie(one.scanned_at, one.id)) {
        at->second = one;
      }
    }
    std::map<std::string, std::set<std::string>> expected;
    for (const auto& [object, result] : newest) {
      if (const auto key = problem_of(result)) expected[digest_of(*key)].insert(result.id);
    }
    std::map<std::string, std::set<std::string>> found;
    for (const Problem& problem : this->problems({.bucket = BucketName("p" + run)}, 2)) {
      const std::vector<ScanResult> objects = this->occurrences(problem.id, 1);
      RC_ASSERT(objects.size() == problem.objects);
      for (const ScanResult& one : objects) {
        const auto key = problem_of(one);
        RC_ASSERT(key.has_value());
        RC_ASSERT(key->verdict == problem.verdict && key->cause == problem.cause);
        RC_ASSERT(key->sha256 == problem.sha256);
        found[digest_of(*key)].insert(one.id);
      }
    }
    RC_ASSERT(found == expected);
  });
  EXPECT_TRUE(holds);
}

TYPED_TEST_P(FindingStoreContract, PagesLoseAndRepeatNothingWhileOthersWrite) {
  const bool holds = rc::check([this] {
    const std::string run = this->fresh();
    const std::vector<ScanResult> before = any_findings("w" + run, run + "a", sha_of(run));
    std::vector<ScanResult> meanwhile = any_findings("w" + run, run + "b", sha_of(run));
    this->add(before);
    const ResultFilter filter{.bucket = BucketName("w" + run)};
    std::vector<Problem> problems_before = this->problems({.bucket = filter.bucket});
    const auto rows_max = static_cast<std::size_t>(*rc::gen::inRange(1, 4));
    const auto write_one = [&] {
      if (meanwhile.empty()) return;
      this->add({meanwhile.back()});
      meanwhile.pop_back();
    };

    std::map<std::string, int> seen;
    for (const ScanResult& one : this->all_of(
             [&](const PageRequest& page) {
               write_one();
               return this->queries().results(filter, page, Deadline::never(), {});
             },
             rows_max)) {
      ++seen[one.id];
    }
    for (const ScanResult& one : before) RC_ASSERT(seen[one.id] == 1);
    for (const auto& [id, times] : seen) RC_ASSERT(times == 1);

    std::map<ProblemId, int> listed;
    problems_before = this->problems({});
    for (const Problem& one : this->all_of(
             [&](const PageRequest& page) {
               write_one();
               return this->queries().problems({}, page, Deadline::never(), {});
             },
             50)) {
      ++listed[one.id];
    }
    for (const Problem& one : problems_before) RC_ASSERT(listed[one.id] == 1);
    for (const auto& [id, times] : listed) RC_ASSERT(times == 1);
  });
  EXPECT_TRUE(holds);
}

TYPED_TEST_P(FindingStoreContract, FindsProblemsByTheirFilters) {
  this->add({ReportedFinding("1").key("a").second(1).sha256(kShaA),
             ReportedFinding("2").key("b").second(5).names({"B"}).sha256(kShaB),
             ReportedFinding("3").key("c").second(9).verdict(Disposition::error)});
  const auto causes = [this](const ProblemFilter& filter) {
    Ids out;
    for (const Problem& one : this->problems(filter, 1)) out.push_back(one.cause);
    return out;
  };

  EXPECT_EQ(causes({}), (Ids{"limit", "B", "Win.Test"}));
  EXPECT_EQ(causes({.verdicts = {Disposition::infected}}), (Ids{"B", "Win.Test"}));
  EXPECT_EQ(causes({.cause = "B"}), Ids{"B"});
  EXPECT_EQ(causes({.cause = "b"}), Ids{});
  EXPECT_EQ(causes({.sha256 = kShaA}), Ids{"Win.Test"});
  EXPECT_EQ(causes({.since = finding_time(5)}), (Ids{"limit", "B"}));
  EXPECT_EQ(causes({.bucket = BucketName("B")}), Ids{});
  EXPECT_EQ(causes({.states = {ProblemState::open, ProblemState::gone}}).size(), 3U);
  EXPECT_EQ(causes({.states = {ProblemState::handled}}), Ids{});
}

TYPED_TEST_P(FindingStoreContract, SumsUpDaysAndNeverOverflows) {
  constexpr std::uint64_t kMost = 9'223'372'036'854'775'807U;
  constexpr int kDay = 24 * 3600;
  const auto first_day = std::chrono::floor<std::chrono::days>(finding_time(0));
  const auto second_in_day = static_cast<int>(
      std::chrono::duration_cast<std::chrono::seconds>(finding_time(0) - first_day).count());
  ScanResult skipped = ReportedFinding("s").second(-second_in_day).size(7);
  skipped.skipped = true;
  this->add({skipped, ReportedFinding("e").second(kDay - second_in_day - 1).size(5),
             ReportedFinding("n").second(kDay - second_in_day),
             ReportedFinding("c").bucket("a").verdict(Disposition::clean).size(1)});

  const std::vector<Rollup> kExpected = {
      {first_day, BucketName("a"), Disposition::clean, 1, 0, 1},
      {first_day, BucketName("b"), Disposition::infected, 2, 1, 12},
      {first_day + std::chrono::days(1), BucketName("b"), Disposition::infected, 1, 0, 0}};
  EXPECT_EQ(this->rollups({}), kExpected);
  EXPECT_EQ(this->rollups({}, 1), kExpected);
  EXPECT_EQ(this->rollups({.bucket = BucketName("a")}), std::vector{kExpected[0]});
  EXPECT_EQ(this->rollups({.first = first_day + std::chrono::days(1)}), std::vector{kExpected[2]});
  EXPECT_EQ(this->rollups({.last = first_day}).size(), 2U);

  for (int round = 0; round < 9; ++round) {
    std::vector<ScanResult> huge;
    for (int i = 0; i < 1'000; ++i) {
      huge.push_back(ReportedFinding(std::to_string(round) + "-" + std::to_string(i))
                         .bucket("huge")
                         .verdict(Disposition::clean)
                         .size(~std::uint64_t{0}));
    }
    this->add(huge);
  }
  EXPECT_EQ(this->rollups({.bucket = BucketName("huge")}).at(0).bytes, kMost);
  EXPECT_EQ(this->rollups({.bucket = BucketName("huge")}).at(0).results, 9'000U);
}

TYPED_TEST_P(FindingStoreContract, ForgetsWhatIsOldButNothingThatIsOpen) {
  this->add({ReportedFinding("1").key("open").second(1).sha256(kShaA),
             ReportedFinding("2").key("open").second(2).sha256(kShaA),
             ReportedFinding("3").key("handled").second(1).sha256(kShaB),
             ReportedFinding("4").key("gone").second(1).names({"G"}).sha256(kShaA),
             ReportedFinding("5").key("gone").second(3).verdict(Disposition::clean),
             ReportedFinding("6").key("young").second(9).names({"Y"}).sha256(kShaA)});
  const ProblemId handled = this->only_problem({.sha256 = kShaB}).id;
  ASSERT_TRUE(this->store().handle(handled, {.by = "me"}, Deadline::never(), {}));
  const std::vector<Rollup> sums = this->rollups({});

  EXPECT_EQ(this->forget(3, 2), 2U);
  EXPECT_EQ(this->forget(3), 1U);
  EXPECT_EQ(this->forget(3), 0U);

  EXPECT_EQ(this->ids_of(this->results({})), (Ids{"6", "5", "2"}));
  EXPECT_EQ(this->ids_of(this->results({.signature = "G"})), Ids{});
  Ids left;
  for (const Problem& one : this->problems({})) left.push_back(one.cause);
  EXPECT_EQ(left, (Ids{"Y", "Win.Test"}));
  EXPECT_EQ(this->only_problem({.cause = "Win.Test"}).objects, 1U);
  EXPECT_EQ(this->rollups({}), sums);

  EXPECT_EQ(this->forget(100), 1U);  // What was clean and old.
  EXPECT_EQ(this->ids_of(this->results({})), (Ids{"6", "2"}));
  this->add_one(
      ReportedFinding("7").key("open").second(200).verdict(Disposition::clean).sha256(kShaA));
  EXPECT_EQ(this->forget(100), 1U);
  EXPECT_EQ(this->problems({.cause = "Win.Test"}).size(), 0U);
}

TYPED_TEST_P(FindingStoreContract, AsksForNoMoreThanAThousandRows) {
  std::vector<ScanResult> many;
  for (int i = 0; i < 600; ++i) many.push_back(ReportedFinding(std::to_string(i)).second(i));
  this->add(many);
  for (ScanResult& one : many) one.id += "x";
  this->add(many);

  for (const std::size_t rows_max : {std::size_t{0}, std::size_t{5'000}}) {
    const auto page = this->queries().results({}, {.rows_max = rows_max}, Deadline::never(), {});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->rows.size(), 1'000U);
    EXPECT_TRUE(page->next);
  }
}

TYPED_TEST_P(FindingStoreContract, EndsWhenItIsToldTo) {
  std::stop_source stop;
  stop.request_stop();
  const Deadline over = Deadline::at(SteadyTime());
  const std::vector<ScanResult> one = {ReportedFinding("1")};

  EXPECT_EQ(code_of(this->store().add(one, Deadline::never(), stop.get_token())), Errc::cancelled);
  EXPECT_EQ(code_of(this->store().add(one, over, {})), Errc::timeout);
  EXPECT_EQ(code_of(this->queries().problems({}, {}, Deadline::never(), stop.get_token())),
            Errc::cancelled);
  EXPECT_EQ(code_of(this->queries().rollups({}, {}, over, {})), Errc::timeout);
  EXPECT_TRUE(this->results({}).empty());
  EXPECT_EQ(this->add(one).added, 1U);
}

REGISTER_TYPED_TEST_SUITE_P(FindingStoreContract, GivesResultsBackAsTheyWere, AnIdCountsOnce,
                            RefusesWhatItCannotKeepAndKeepsNothingOfIt,
                            TheNewestScanIsTheStateInWhateverOrderTheyCome,
                            OneContentIsOneProblemWhereverItLies,
                            ContentThatNobodyReadIsAProblemOfItsObject,
                            AVersionThatIsNotNamedIsTheNullVersion,
                            WhatIsHandledStaysSoUntilAnotherObjectComesToIt,
                            FindsExactlyWhatFiltersSay, ProblemsFollowFromTheNewestResultsAlone,
                            PagesLoseAndRepeatNothingWhileOthersWrite, FindsProblemsByTheirFilters,
                            SumsUpDaysAndNeverOverflows, ForgetsWhatIsOldButNothingThatIsOpen,
                            AsksForNoMoreThanAThousandRows, EndsWhenItIsToldTo);

}  // namespace cordon
