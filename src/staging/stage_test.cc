#include "staging/stage.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/digest.h"
#include "base/text.h"
#include "staging/content_file.h"
#include "testing/fake_object_store.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

using Call = FakeObjectStore::Call;
using testing::HasSubstr;

const BucketName kBucket("b");
constexpr std::size_t kMemory = 1000;
constexpr std::size_t kBudget = 100'000;

class StageTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/cordon-stage-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    store_.make_bucket(kBucket);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Stage stage() {
    return Stage(
        {.spool_directory = directory_, .memory_bytes_max = kMemory, .object_bytes_max = 1'000'000},
        store_, budget_, clock_, random_);
  }
  ObjectRef put(const std::string& content) {
    etag_ = store_.put(kBucket, ObjectKey("k"), content).etag;
    return {kBucket, ObjectKey("k")};
  }
  Result<Staged> fetch(const ObjectRef& object) {
    return stage().fetch(object, etag_, [](const ObjectHead&) { return Result<void>(); },
                         Deadline::never(), {});
  }
  static std::string text_of(const StagedContent& content) {
    std::string text(content.bytes + 1, '\0');
    const ssize_t n = ::pread(content.file.get(), text.data(), text.size(), 0);
    text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return text;
  }

  std::filesystem::path directory_;
  FakeObjectStore store_;
  SpoolBudget budget_{kBudget};
  SimulatedClock clock_;
  SeededRandom random_;
  ETag etag_;
};

TEST_F(StageTest, KeepsContentOfEverySizeUnchangeable) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, kMemory, kMemory + 1, kBudget}) {
    SCOPED_TRACE(bytes);
    const std::string content(bytes, 'c');
    const ObjectRef object = put(content);

    Result<Staged> staged = fetch(object);

    ASSERT_TRUE(staged) << staged.error().what;
    const auto& kept = std::get<StagedContent>(staged->outcome);
    EXPECT_TRUE(text_of(kept) == content);
    EXPECT_EQ(kept.sha256, hex(sha256(content)));
    EXPECT_EQ(::fcntl(kept.file.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
    EXPECT_EQ(budget_.bytes_held(), bytes > kMemory ? bytes : 0);
    if (bytes <= kMemory) {
      EXPECT_NE(::fcntl(kept.file.get(), F_GET_SEALS) & F_SEAL_WRITE, 0);
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory_));
  }
  EXPECT_EQ(budget_.bytes_held(), 0U);
}

TEST_F(StageTest, GoesOnWhereATransferWasCut) {
  const std::string content = std::string(60'000, 'a') + std::string(30'000, 'b');
  const ObjectRef object = put(content);
  store_.cut_next_read(10);
  store_.cut_next_read(0);
  store_.cut_next_read(50'000);

  Result<Staged> staged = fetch(object);

  ASSERT_TRUE(staged) << staged.error().what;
  EXPECT_TRUE(text_of(std::get<StagedContent>(staged->outcome)) == content);
  EXPECT_EQ(store_.calls(Call::read), 4);
}

TEST_F(StageTest, TakesNoPartOfAnotherObject) {
  const ObjectRef object = put(std::string(50'000, 'a'));
  store_.cut_next_read(10'000);
  store_.on_call([&](Call, const ObjectRef&) -> std::optional<Error> {
    if (store_.calls(Call::read) == 2)
      store_.put(kBucket, ObjectKey("k"), std::string(50'000, 'b'));
    return std::nullopt;
  });

  EXPECT_EQ(fetch(object).error().code, Errc::changed);
}

TEST_F(StageTest, GivesUpAfterABoundedNumberOfAttempts) {
  const ObjectRef object = put(std::string(5000, 'a'));
  for (int i = 0; i < 20; ++i) store_.cut_next_read(10);

  EXPECT_EQ(fetch(object).error().code, Errc::unavailable);
  EXPECT_EQ(store_.calls(Call::read), 5);
}

TEST_F(StageTest, ARefusedReadIsTriedOnceMore) {
  for (const ErrorCause cause : {ErrorCause::access_denied, ErrorCause::kms}) {
    const ObjectRef object = put("content");
    store_.fail_next(Call::read, {Errc::denied, "no", cause});
    EXPECT_TRUE(fetch(object));

    store_.fail_next(Call::read, {Errc::denied, "no", cause}, 2);
    EXPECT_EQ(fetch(object).error().code, Errc::denied);
  }
  EXPECT_EQ(clock_.waits().size(), 4U);
  EXPECT_EQ(clock_.waits().front(), std::chrono::seconds(1));
}

TEST_F(StageTest, WhatIsRefusedForGoodIsNotTriedAgain) {
  for (const ErrorCause cause :
       {ErrorCause::archived, ErrorCause::sse_c, ErrorCause::credentials}) {
    const ObjectRef object = put("content");
    store_.fail_next(Call::read, {Errc::denied, "no", cause});
    EXPECT_EQ(fetch(object).error().cause, cause);
  }
  EXPECT_TRUE(clock_.waits().empty());
}

TEST_F(StageTest, LeavesToTheStoreHowOftenToTryToBegin) {
  const ObjectRef object = put("x");
  store_.fail_next(Call::read, {Errc::unavailable, "down"});

  EXPECT_EQ(fetch(object).error().what, "down");
  EXPECT_EQ(store_.calls(Call::read), 1);
}

TEST_F(StageTest, DoesNotTakeLessThanEverythingForSuccess) {
  const ObjectRef object = put(std::string(5000, 'a'));
  store_.shorten_next_read(100);

  Result<Staged> staged = fetch(object);

  ASSERT_TRUE(staged);
  EXPECT_EQ(text_of(std::get<StagedContent>(staged->outcome)).size(), 5000U);
  EXPECT_EQ(store_.calls(Call::read), 2);
}

TEST_F(StageTest, VerifiesEveryChecksumThatTheStoreStates) {
  using Algorithm = ObjectChecksum::Algorithm;
  const std::optional<Algorithm> kStated[] = {Algorithm::crc32,     Algorithm::crc32c,
                                              Algorithm::crc64nvme, Algorithm::sha1,
                                              Algorithm::sha256,    std::nullopt};
  for (const auto& algorithm : kStated) {
    SCOPED_TRACE(algorithm ? static_cast<int>(*algorithm) : -1);
    store_.set_checksum(algorithm);
    const ObjectRef object = put(std::string(5000, 'a'));
    store_.corrupt_next_read();
    Result<Staged> once = fetch(object);
    store_.corrupt_next_read();
    store_.corrupt_next_read();
    Result<Staged> twice = fetch(object);

    ASSERT_TRUE(once && twice);
    EXPECT_TRUE(std::holds_alternative<StagedContent>(once->outcome));
    ASSERT_TRUE(std::holds_alternative<Verdict>(twice->outcome));
    EXPECT_EQ(std::get<Verdict>(twice->outcome).reason, Reason::integrity);
    EXPECT_EQ(std::get<Verdict>(twice->outcome).disposition, Disposition::error);
  }
}

TEST_F(StageTest, DoesNotFetchWhatIsTooLarge) {
  Result<Staged> spool = fetch(put(std::string(kBudget + 1, 'a')));
  Result<Staged> engine = fetch(put(std::string(1'000'001, 'a')));

  ASSERT_TRUE(spool && engine);
  EXPECT_TRUE(std::holds_alternative<TooLargeToKeep>(spool->outcome));
  EXPECT_EQ(std::get<Verdict>(engine->outcome).reason, Reason::too_large);
  EXPECT_EQ(std::get<Verdict>(engine->outcome).disposition, Disposition::unscannable);
}

TEST_F(StageTest, WaitsForSpoolSpaceWithoutHoldingTheConnection) {
  const ObjectRef object = put(std::string(60'000, 'a'));
  auto others = budget_.acquire(60'000, Deadline::never(), {});
  std::jthread later([&] {
    while (budget_.waiting() == 0) std::this_thread::yield();
    others = Error{Errc::cancelled, "done"};
  });

  Result<Staged> staged = fetch(object);

  ASSERT_TRUE(staged) << staged.error().what;
  EXPECT_TRUE(std::holds_alternative<StagedContent>(staged->outcome));
  EXPECT_EQ(store_.calls(Call::read), 2);
}

TEST_F(StageTest, AWaitForSpaceEndsWithTheStop) {
  const ObjectRef object = put(std::string(60'000, 'a'));
  auto others = budget_.acquire(60'000, Deadline::never(), {});
  std::stop_source stop;
  std::jthread later([&] {
    while (budget_.waiting() == 0) std::this_thread::yield();
    stop.request_stop();
  });

  Result<Staged> staged = stage().fetch(
      object, etag_, [](const ObjectHead&) { return Result<void>(); }, Deadline::never(),
      stop.get_token());

  EXPECT_EQ(staged.error().code, Errc::cancelled);
}

TEST_F(StageTest, AMissingSpoolDirectorySaysWhatToDo) {
  std::filesystem::remove_all(directory_);

  Result<Staged> staged = fetch(put(std::string(kMemory + 1, 'a')));

  ASSERT_FALSE(staged);
  EXPECT_EQ(staged.error().code, Errc::unavailable);
  EXPECT_EQ(staged.error().cause, ErrorCause::staging);
  EXPECT_THAT(staged.error().what, HasSubstr("create the spool directory"));
  EXPECT_EQ(store_.calls(Call::read), 1) << "another try here would fail as well";
}

TEST_F(StageTest, AFullDiskSaysWhatToDo) {
  struct statvfs shm {};
  ASSERT_EQ(::statvfs("/dev/shm", &shm), 0);
  // More than all of it, which the kernel refuses at once: what is just too much it would look for
  // in the machine's memory first.
  const std::uint64_t more = std::uint64_t{shm.f_bsize} * shm.f_blocks + (1U << 20U);
  if (shm.f_blocks == 0) GTEST_SKIP() << "/dev/shm is no file system of its own";

  const Result<ContentFile> file = ContentFile::in_directory("/dev/shm", more);

  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Errc::unavailable);
  EXPECT_EQ(file.error().cause, ErrorCause::staging);
  EXPECT_THAT(file.error().what, HasSubstr("free space in the spool directory"));
}

TEST_F(StageTest, TakesNoMoreThanWasAnnounced) {
  Result<ContentFile> file = ContentFile::in_memory(3);

  ASSERT_TRUE(file->append(as_bytes_of("ab")));
  EXPECT_EQ(file->append(as_bytes_of("cd")).error().code, Errc::invalid);
}

TEST_F(StageTest, WhatTheOpenerSaysIsTheResult) {
  const ObjectRef object = put("x");

  Result<Staged> staged = stage().fetch(object, etag_,
                                        [](const ObjectHead&) -> Result<void> {
                                          return Error{Errc::unavailable, "not now"};
                                        },
                                        Deadline::never(), {});

  EXPECT_EQ(staged.error().what, "not now");
  EXPECT_EQ(store_.calls(Call::read), 1);
}

TEST_F(StageTest, CopiesLocalFiles) {
  std::ofstream(directory_ / "f") << std::string(5000, 'f');

  Result<Staged> staged = stage().copy_file(directory_ / "f", Deadline::never(), {});

  ASSERT_TRUE(staged) << staged.error().what;
  EXPECT_EQ(text_of(std::get<StagedContent>(staged->outcome)).size(), 5000U);
  EXPECT_EQ(stage().copy_file(directory_ / "g", Deadline::never(), {}).error().code,
            Errc::not_found);
  EXPECT_EQ(stage().copy_file(directory_, Deadline::never(), {}).error().code, Errc::invalid);
  EXPECT_EQ(stage().copy_file("/dev/zero", Deadline::never(), {}).error().code, Errc::invalid);
}

}  // namespace
}  // namespace cordon
