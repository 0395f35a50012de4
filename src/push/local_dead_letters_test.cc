#include "push/local_dead_letters.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "core/dead_letter_reason.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"
#include "testing/temporary_folder.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LocalDeadLettersTest : public testing::Test {
 protected:
  std::unique_ptr<LocalDeadLetters> open(const LocalDeadLettersOptions& options = {}) {
    return LocalDeadLetters::open(place_.path() / "queue", options, clock_, random_).value();
  }
  Result<void> bury(LocalDeadLetters& letters, const std::string& body) {
    clock_.advance(std::chrono::seconds(1));
    return letters.bury(
        {.sent_at = clock_.system_now(), .receives = 2, .reason = "why", .body = body});
  }
  std::vector<DeadLetter> take(LocalDeadLetters& letters) {
    return letters
        .take(std::chrono::seconds(60), DeadLetterBox::Patience::none, Deadline::never(), {})
        .value();
  }
  static std::vector<std::string> bodies(const std::vector<DeadLetter>& letters) {
    std::vector<std::string> found;
    for (const DeadLetter& letter : letters) found.push_back(letter.claim.body);
    return found;
  }
  std::vector<fs::path> files(const char* folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(place_.path() / "queue" / folder)) {
      found.push_back(entry.path());
    }
    return found;
  }

  TemporaryFolder place_;
  SimulatedClock clock_;
  SeededRandom random_;
};

TEST_F(LocalDeadLettersTest, AreThereForAnotherProcessOldestFirst) {
  const auto agent = open();
  for (const char* body : {"1", "2", "3"}) ASSERT_TRUE(bury(*agent, body));
  const auto command = open();

  const std::vector<DeadLetter> letters = take(*command);

  EXPECT_THAT(bodies(letters), ElementsAre("1", "2", "3"));
  EXPECT_EQ(letters[0].reason, "why");
  EXPECT_EQ(letters[0].claim.receive_count, 2);
  EXPECT_EQ(letters[0].origin, DeadOrigin::events);
  EXPECT_THAT(take(*command), IsEmpty()) << "they are taken";
  ASSERT_TRUE(command->put_back(letters[1], Deadline::never(), {}));
  EXPECT_THAT(bodies(take(*command)), ElementsAre("2"));
}

TEST_F(LocalDeadLettersTest, AreGivenOutTenAtATime) {
  const auto letters = open();
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(bury(*letters, std::to_string(i)));

  EXPECT_EQ(letters->waiting(Deadline::never(), {}).value(), 12U);
  EXPECT_EQ(take(*letters).size(), 10U);
  EXPECT_EQ(letters->waiting(Deadline::never(), {}).value(), 2U);
  EXPECT_EQ(take(*letters).size(), 2U);
}

TEST_F(LocalDeadLettersTest, WhatIsSentAgainStaysUntilItIsDropped) {
  const auto agent = open();
  ASSERT_TRUE(bury(*agent, "once more"));
  const auto command = open();
  const DeadLetter letter = take(*command).front();

  ASSERT_TRUE(command->send_again(letter, Deadline::never(), {}));
  ASSERT_TRUE(command->send_again(letter, Deadline::never(), {})) << "twice is once";

  EXPECT_EQ(files("dead").size(), 1U);
  std::vector<ReplayedLetter> replayed = agent->replayed(10).value();
  ASSERT_EQ(replayed.size(), 1U);
  EXPECT_EQ(replayed[0].letter.body, "once more");
  ASSERT_TRUE(command->drop(letter, Deadline::never(), {}));
  EXPECT_THAT(files("dead"), IsEmpty());
  EXPECT_EQ(agent->replayed(10)->size(), 1U) << "the queue has not taken it yet";
  ASSERT_TRUE(agent->forget_replayed(replayed[0].name));
  EXPECT_THAT(agent->replayed(10).value(), IsEmpty());
}

TEST_F(LocalDeadLettersTest, ThereAreNoMoreThanMayBe) {
  const auto letters = open({.letters_max = 2, .bytes_max = 1000});
  ASSERT_TRUE(bury(*letters, "1"));
  ASSERT_TRUE(bury(*letters, "2"));

  const Result<void> third = bury(*letters, "3");

  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::throttled);
  EXPECT_THAT(third.error().what, HasSubstr("cordon dead list --journal"));
  const auto command = open();
  ASSERT_TRUE(command->drop(take(*command).front(), Deadline::never(), {}));
  EXPECT_FALSE(bury(*letters, std::string(1000, 'x'))) << "longer than all may be together";
  EXPECT_TRUE(bury(*letters, "3")) << "somebody made room";
}

TEST_F(LocalDeadLettersTest, WhatTheDiskDamagedIsShownAndNotReplayed) {
  const auto letters = open();
  ASSERT_TRUE(bury(*letters, "precious"));
  const fs::path file = files("dead").front();
  fs::resize_file(file, fs::file_size(file) - 1);

  const std::vector<DeadLetter> taken = take(*letters);

  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(cause_of(taken[0].reason), DeadCause::malformed);
  EXPECT_THAT(taken[0].claim.body, HasSubstr("preciou"));
  EXPECT_EQ(letters->send_again(taken[0], Deadline::never(), {}).error().code, Errc::invalid);
  fs::rename(file, place_.path() / "queue/replay" / file.filename());
  EXPECT_THAT(letters->replayed(10).value(), IsEmpty());
  EXPECT_EQ(files("dead").size(), 1U) << "it went back";
}

TEST_F(LocalDeadLettersTest, WhatACrashLeftHalfWrittenGoes) {
  const auto letters = open();
  ASSERT_TRUE(bury(*letters, "whole"));
  std::ofstream(place_.path() / "queue/dead/01ABC.letter.new-77") << "half";

  EXPECT_EQ(take(*letters).size(), 1U) << "it is no letter";
  letters->tidy();

  EXPECT_EQ(files("dead").size(), 1U);
}

TEST_F(LocalDeadLettersTest, AreForTheirOwnerAlone) {
  const auto letters = open();
  ASSERT_TRUE(bury(*letters, "secret"));

  for (const fs::path& path : {place_.path() / "queue", place_.path() / "queue/dead",
                               place_.path() / "queue/replay", files("dead").front()}) {
    const fs::perms others = fs::perms::group_all | fs::perms::others_all;
    EXPECT_EQ(fs::status(path).permissions() & others, fs::perms::none) << path;
  }
}

}  // namespace
}  // namespace cordon
