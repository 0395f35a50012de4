#include "settings_live/protected_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "testing/fake_document_store.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

const AccountId kAccount("111122223333");
const Region kRegion("eu-west-1");
const BucketName kUploads("uploads");

class ProtectedSetTest : public testing::Test {
 protected:
  /// A message that is sent now.
  StandingQuestion told(const BucketName& bucket) const {
    return {.bucket = bucket, .told_at = clock_.system_now()};
  }
  Result<Standing> standing(const StandingQuestion& question) {
    return set_.standing(question, Deadline::never(), {});
  }
  /// A message that was sent a minute ago.
  StandingQuestion told_before(const BucketName& bucket) const {
    return {.bucket = bucket, .told_at = clock_.system_now() - seconds(60)};
  }
  Standing of(const char* bucket) { return standing(told_before(BucketName(bucket))).value(); }
  void write(const std::string& region, const std::string& buckets,
             const std::string& account = "111122223333") {
    store_.put(R"({"schema":"cordon.protected/1","accounts":{")" + account + R"(":{")" + region +
               R"(":{)" + buckets + "}}}}");
    watch_.look({});
  }
  double looks() const { return looks_; }

  SimulatedClock clock_{SimulatedClock::Mode::manual};
  std::vector<std::string> lines_;
  Log log_{LogLevel::info, clock_, [this](std::string_view line) { lines_.emplace_back(line); }};
  Metrics metrics_;
  FakeDocumentStore store_;
  ProtectedWatch watch_{
      {.origin = "s3://system/protected.json"}, store_, nullptr, clock_, log_, metrics_};
  std::map<BucketName, Result<bool>> answers_;
  std::atomic<int> looks_ = 0;
  std::function<void()> during_look_;
  std::set<BucketName> own_;
  std::map<BucketName, AccountId> owners_;
  ProtectedSetOptions options_{.region = kRegion, .names_max = 8};
  ProtectedSet set_{
      options_,
      {.document = watch_,
       .is_own = [this](const BucketName& bucket) { return own_.contains(bucket); },
       .owner =
           [this](const BucketName& bucket) {
             const auto at = owners_.find(bucket);
             return at == owners_.end() ? kAccount : at->second;
           },
       .look = [this](const StandingQuestion& question, Deadline, std::stop_token) -> Result<bool> {
         ++looks_;
         if (during_look_) during_look_();
         const auto at = answers_.find(question.bucket);
         return at == answers_.end() ? Result<bool>(false) : at->second;
       },
       .clock = clock_,
       .log = log_,
       .metrics = metrics_}};
};

TEST_F(ProtectedSetTest, WhatTheDocumentNamesCostsNoLook) {
  write("eu-west-1", R"("uploads":["events"],"scans":["gateway"])");

  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(of("uploads"), Standing::is_protected);
    EXPECT_EQ(of("scans"), Standing::is_protected);
  }

  EXPECT_EQ(looks(), 0);
}

TEST_F(ProtectedSetTest, AThousandBucketsCostOneTransferAndNoLook) {
  std::string buckets;
  for (int i = 0; i < 1000; ++i) {
    buckets += (i == 0 ? "\"b" : ",\"b") + std::to_string(i) + "\":[\"events\"]";
  }
  write("eu-west-1", buckets);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 1000; ++i) {
      ASSERT_EQ(of(("b" + std::to_string(i)).c_str()), Standing::is_protected);
    }
    watch_.look({});
  }

  EXPECT_EQ(looks(), 0);
  EXPECT_EQ(store_.reads(), 11);
  EXPECT_EQ(store_.transfers(), 1);
}

TEST_F(ProtectedSetTest, WithoutADocumentTheBucketIsAskedOnce) {
  answers_.emplace(kUploads, true);
  store_.remove();
  watch_.begin({});

  for (int i = 0; i < 100; ++i) EXPECT_EQ(of("uploads"), Standing::is_protected);

  EXPECT_EQ(looks(), 1);
}

TEST_F(ProtectedSetTest, ADocumentThatIsOldOrAwayLeavesNoProtectedBucketOut) {
  answers_.emplace(kUploads, true);
  write("eu-west-1", R"("another":["events"])");
  EXPECT_EQ(of("uploads"), Standing::is_protected);

  store_.fail_with(Error{Errc::unavailable, "away"});
  watch_.look({});
  EXPECT_EQ(of("uploads"), Standing::is_protected);
  EXPECT_EQ(of("another"), Standing::is_protected);

  store_.recover();
  store_.put("nonsense");
  watch_.look({});
  EXPECT_EQ(of("uploads"), Standing::is_protected);
  EXPECT_EQ(of("another"), Standing::is_protected);
}

TEST_F(ProtectedSetTest, AnEntryOfAnotherRegionOrAccountIsNoAnswer) {
  write("us-east-1", R"("uploads":["events"])");
  EXPECT_EQ(of("uploads"), Standing::unprotected);

  write("eu-west-1", R"("uploads":["events"])", "444455556666");
  EXPECT_EQ(of("uploads"), Standing::unprotected);
  EXPECT_EQ(looks(), 2);

  owners_.emplace(kUploads, AccountId("444455556666"));
  EXPECT_EQ(of("uploads"), Standing::is_protected);
}

TEST_F(ProtectedSetTest, OwnBucketsAreNeverAskedAndNeverProtected) {
  own_.insert(kUploads);
  answers_.emplace(kUploads, true);
  write("eu-west-1", R"("uploads":["events"])");

  EXPECT_EQ(of("uploads"), Standing::own);
  EXPECT_EQ(looks(), 0);

  own_.clear();  // The settings of the moment.
  EXPECT_EQ(of("uploads"), Standing::is_protected);
}

TEST_F(ProtectedSetTest, AnUnknownNameCostsOneLookForAllThatWasSentBefore) {
  std::vector<StandingQuestion> sent(100, told(BucketName("forged")));
  clock_.advance(seconds(11));

  for (const StandingQuestion& question : sent) {
    EXPECT_EQ(standing(question).value(), Standing::unprotected);
  }
  EXPECT_EQ(looks(), 1);

  clock_.advance(seconds(280));
  EXPECT_EQ(standing(sent.front()).value(), Standing::unprotected);
  EXPECT_EQ(looks(), 1);

  clock_.advance(seconds(40));  // Some minutes are over.
  EXPECT_EQ(standing(sent.front()).value(), Standing::unprotected);
  EXPECT_EQ(looks(), 2);
}

// Protected by hand, without a document: the events that follow are not those that were answered.
TEST_F(ProtectedSetTest, WhatWasUnprotectedDoesNotAnswerForLaterMessages) {
  EXPECT_EQ(of("uploads"), Standing::unprotected);
  answers_.emplace(kUploads, true);
  clock_.advance(seconds(1));
  StandingQuestion later = told(kUploads);

  EXPECT_EQ(standing(later).value(), Standing::ask_again);
  EXPECT_EQ(looks(), 1);

  clock_.advance(seconds(15));
  EXPECT_EQ(standing(later).value(), Standing::is_protected);
  EXPECT_EQ(looks(), 2);
}

// A bucket's configuration may be read as it was a moment ago.
TEST_F(ProtectedSetTest, ALookRightAfterTheMessageIsRepeatedBeforeItSaysNo) {
  const StandingQuestion upload = told(kUploads);
  EXPECT_EQ(standing(upload).value(), Standing::ask_again);
  EXPECT_EQ(standing(upload).value(), Standing::ask_again);
  EXPECT_EQ(looks(), 1);

  answers_.emplace(kUploads, true);
  clock_.advance(seconds(15));
  EXPECT_EQ(standing(upload).value(), Standing::is_protected);
  EXPECT_EQ(looks(), 2);

  const StandingQuestion forged = told(BucketName("forged"));
  EXPECT_EQ(standing(forged).value(), Standing::ask_again);
  clock_.advance(seconds(15));
  EXPECT_EQ(standing(forged).value(), Standing::unprotected);  // Postponed once, no more.
}

TEST_F(ProtectedSetTest, TheLastDeliveryIsAnsweredAtOnce) {
  StandingQuestion first = told(BucketName("another"));
  first.is_last = true;
  EXPECT_EQ(standing(first).value(), Standing::unprotected);
  EXPECT_EQ(of("uploads"), Standing::unprotected);
  answers_.emplace(kUploads, true);
  StandingQuestion last = told(kUploads);
  last.is_last = true;

  EXPECT_EQ(standing(last).value(), Standing::is_protected);
}

TEST_F(ProtectedSetTest, AStreamOfForgedMessagesCostsALookInTenSeconds) {
  std::vector<StandingQuestion> waiting;
  int refused = 0;
  for (int second = 0; second < 120; ++second) {
    for (int i = 0; i < 5; ++i) waiting.push_back(told(BucketName("forged")));
    if (second % 15 == 14) {  // They come again.
      std::erase_if(waiting, [&](const StandingQuestion& question) {
        const bool done = standing(question).value() == Standing::unprotected;
        refused += done ? 1 : 0;
        return done;
      });
    }
    if (standing(told(BucketName("forged"))).value() == Standing::unprotected) ++refused;
    clock_.advance(seconds(1));
  }

  EXPECT_LE(looks(), 13);
  EXPECT_GT(refused, 400);
}

TEST_F(ProtectedSetTest, AnotherDocumentMakesEverythingKnownAnew) {
  answers_.emplace(kUploads, true);
  EXPECT_EQ(of("uploads"), Standing::is_protected);
  EXPECT_EQ(of("forged"), Standing::unprotected);
  answers_.clear();

  write("eu-west-1", R"("forged":["events"])");

  EXPECT_EQ(of("forged"), Standing::is_protected);
  EXPECT_EQ(of("uploads"), Standing::unprotected);
  EXPECT_EQ(looks(), 3);
}

TEST_F(ProtectedSetTest, ADocumentThatIsGoneSaysNothingAnyMore) {
  write("eu-west-1", R"("uploads":["events"])");
  EXPECT_EQ(of("uploads"), Standing::is_protected);

  store_.remove();
  watch_.look({});

  EXPECT_EQ(of("uploads"), Standing::unprotected);
  EXPECT_EQ(looks(), 1);
}

TEST_F(ProtectedSetTest, WhatCannotBeFoundOutIsAnErrorOnceInTenSeconds) {
  for (const Errc code : {Errc::denied, Errc::unavailable, Errc::throttled, Errc::timeout}) {
    answers_.insert_or_assign(kUploads, Error{code, "no"});
    EXPECT_EQ(standing(told(kUploads)).error().code, code);
    const double before = looks();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(of("uploads"), Standing::ask_again);
    EXPECT_EQ(looks(), before);
    StandingQuestion last = told(kUploads);
    last.is_last = true;
    EXPECT_EQ(standing(last).error().code, code);
    clock_.advance(seconds(10));
  }
  answers_.insert_or_assign(kUploads, true);

  EXPECT_EQ(of("uploads"), Standing::is_protected);
}

TEST_F(ProtectedSetTest, WhatWasProtectedIsBelievedWhileItCannotBeLookedAt) {
  answers_.insert_or_assign(kUploads, true);
  EXPECT_EQ(of("uploads"), Standing::is_protected);
  answers_.insert_or_assign(kUploads, Error{Errc::unavailable, "away"});
  clock_.advance(hours(2));

  for (int i = 0; i < 100; ++i) EXPECT_EQ(of("uploads"), Standing::is_protected);
  EXPECT_EQ(looks(), 2);

  clock_.advance(seconds(10));
  answers_.insert_or_assign(kUploads, Error{Errc::not_found, "gone"});
  EXPECT_EQ(standing(told(kUploads)).error().code, Errc::not_found);
}

TEST_F(ProtectedSetTest, ANameWithoutABucketIsRememberedToo) {
  const BucketName none("nowhere");
  answers_.insert_or_assign(none, Error{Errc::not_found, "NoSuchBucket"});

  for (int i = 0; i < 60; ++i) {
    EXPECT_EQ(standing(told_before(none)).error().code, Errc::not_found);
  }
  EXPECT_EQ(looks(), 2) << "the second time to be sure";

  EXPECT_EQ(standing(told(none)).value(), Standing::ask_again) << "it may have been made since";
  clock_.advance(seconds(10));
  answers_.insert_or_assign(none, true);
  EXPECT_EQ(standing(told(none)).value(), Standing::is_protected);
}

TEST_F(ProtectedSetTest, OneAnswerAloneDoesNotSayThatThereIsNoBucket) {
  answers_.insert_or_assign(kUploads, Error{Errc::not_found, "invented by a proxy"});
  during_look_ = [this] {
    if (looks_ == 2) answers_.insert_or_assign(kUploads, true);
  };

  EXPECT_EQ(standing(told(kUploads)).value(), Standing::is_protected);
}

TEST_F(ProtectedSetTest, ABucketThatWasUnprotectedByHandIsFoundOutInAnHour) {
  answers_.insert_or_assign(kUploads, true);
  EXPECT_EQ(of("uploads"), Standing::is_protected);
  answers_.insert_or_assign(kUploads, false);
  clock_.advance(hours(1));

  EXPECT_EQ(of("uploads"), Standing::unprotected);
}

TEST_F(ProtectedSetTest, WhatAGatewayToldOfIsAskedForItself) {
  StandingQuestion upload = told(kUploads);
  upload.by_gateway = true;
  answers_.insert_or_assign(kUploads, false);
  EXPECT_EQ(of("uploads"), Standing::unprotected);
  answers_.insert_or_assign(kUploads, true);

  EXPECT_EQ(standing(upload).value(), Standing::is_protected);
}

TEST_F(ProtectedSetTest, ANameThatNoBucketCanHaveCostsNoLook) {
  for (const char* name : {"A_B", "ab", "a..b", "-ab", "ab.", "Uploads"}) {
    answers_.insert_or_assign(BucketName(name), Error{Errc::invalid, "400"});
    EXPECT_EQ(standing(told(BucketName(name))).value(), Standing::unprotected) << name;
  }
  EXPECT_EQ(looks(), 0);

  write("eu-west-1", R"("Old_Bucket":["events"])");  // Of the oldest buckets.
  EXPECT_EQ(of("Old_Bucket"), Standing::is_protected);
}

TEST_F(ProtectedSetTest, TheMemoryIsBounded) {
  answers_.insert_or_assign(kUploads, true);
  EXPECT_EQ(of("uploads"), Standing::is_protected);
  for (int i = 0; i < 100; ++i) {
    clock_.advance(seconds(1));
    of(("forged-" + std::to_string(i)).c_str());
  }
  const double before = looks();

  EXPECT_EQ(standing(told(BucketName("forged-99"))).value(), Standing::ask_again);  // Still known.
  EXPECT_EQ(looks(), before);
  EXPECT_EQ(of("uploads"), Standing::is_protected);  // Nobody's messages make that forgotten.
  EXPECT_EQ(looks(), before);
  EXPECT_EQ(of("forged-0"), Standing::unprotected);  // Forgotten, and asked again.
  EXPECT_EQ(looks(), before + 1);
}

TEST_F(ProtectedSetTest, ThreadsThatAskTogetherShareALook) {
  answers_.insert_or_assign(kUploads, true);
  std::latch asking(8);
  during_look_ = [&] { asking.wait(); };
  std::vector<std::jthread> threads;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      asking.count_down();
      if (standing(told(kUploads)).value() == Standing::is_protected) ++answered;
    });
  }
  threads.clear();

  EXPECT_EQ(answered, 8);
  EXPECT_EQ(looks(), 1);
}

TEST_F(ProtectedSetTest, WhoWaitsForALookIsStopped) {
  std::latch is_looking(1);
  std::latch go_on(1);
  during_look_ = [&] {
    is_looking.count_down();
    go_on.wait();
  };
  std::jthread looker([&] { (void)standing(told(kUploads)); });
  is_looking.wait();
  std::stop_source stop;
  stop.request_stop();

  EXPECT_EQ(set_.standing(told(kUploads), Deadline::never(), stop.get_token()).error().code,
            Errc::cancelled);
  go_on.count_down();
}

// Written while the bucket was asked, which may have been before it was wired.
TEST_F(ProtectedSetTest, ADocumentThatComesDuringALookWins) {
  during_look_ = [&] {
    during_look_ = nullptr;
    write("eu-west-1", R"("uploads":["events"])");
  };

  EXPECT_EQ(of("uploads"), Standing::is_protected);
}

// --- the document ----------------------------------------------------------------------------

TEST_F(ProtectedSetTest, EachStateOfTheDocumentIsToldOnce) {
  store_.put("nonsense");
  for (int i = 0; i < 3; ++i) watch_.look({});
  store_.fail_with(Error{Errc::unavailable, "away"});
  for (int i = 0; i < 3; ++i) watch_.look({});
  store_.recover();
  store_.remove();
  for (int i = 0; i < 3; ++i) watch_.look({});

  EXPECT_THAT(lines_,
              testing::ElementsAre(HasSubstr("protected.refused"), HasSubstr("protected.away"),
                                   HasSubstr("protected.none")));
}

TEST_F(ProtectedSetTest, TheDocumentIsKeptOnDiskForAStartWithoutItsPlace) {
  const std::filesystem::path file =
      std::filesystem::path(testing::TempDir()) / "protected-set-test" / "protected";
  std::filesystem::remove_all(file.parent_path());
  const DocumentCache cache(file, "s3://system/protected.json");
  FakeDocumentStore store;
  store.put(
      R"({"schema":"cordon.protected/1","accounts":{"111122223333":{"eu-west-1":{"b":["events"]}}}})");
  ProtectedWatch first({.origin = "o"}, store, &cache, clock_, log_, metrics_);
  first.begin({});
  EXPECT_EQ(first.current().document->buckets.size(), 1U);
  store.fail_with(Error{Errc::unavailable, "away"});

  ProtectedWatch second({.origin = "o"}, store, &cache, clock_, log_, metrics_);
  second.begin({});
  EXPECT_EQ(second.current().document->buckets.size(), 1U);

  store.recover();
  second.look({});
  EXPECT_EQ(store.transfers(), 1);  // The one that was cached is still the one.
  std::filesystem::remove_all(file.parent_path());
}

}  // namespace
}  // namespace cordon
