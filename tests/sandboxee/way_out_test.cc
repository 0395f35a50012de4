// A worker that was taken over tries to reach anything but its object and its temporary directory.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <sstream>
#include <thread>

#include "sandbox_fixture.h"

namespace cordon {
namespace {

class WayOut : public SandboxTest {};

TEST_F(WayOut, ForbiddenSystemCallsKill) {
  const std::string self = std::to_string(::getpid());
  const std::string kDeeds[] = {"fork-storm",
                                "make-thread",
                                "execute",
                                "connect",
                                "local-socket",
                                "trace " + self,
                                "kill " + self,
                                "signal-through-descriptor " + self,
                                "abort-other " + self,
                                "executable-memory",
                                "make-executable",
                                "make-link",
                                "raise-limit",
                                "mount"};
  for (const std::string& deed : kDeeds) {
    SCOPED_TRACE(deed);
    const double before = ended("violation");

    auto report = order(deed);

    ASSERT_FALSE(report) << report->verdict.message;
    EXPECT_EQ(report.error().code, Errc::worker_died);
    EXPECT_EQ(ended("violation"), before + 1) << report.error().what;
  }
  expect_that_honest_objects_are_still_scanned();
}

TEST_F(WayOut, FilesOutsideItsTemporaryDirectoryAreOutOfReach) {
  const std::filesystem::path precious = place_.root() / "precious";
  std::ofstream(precious) << "x";
  ::chmod(place_.root().c_str(), 0777);
  ::chmod(precious.c_str(), 0666);
  const std::string kDeeds[] = {"read-file /etc/passwd",
                                "read-file /proc/self/environ",
                                "read-file /proc/1/cmdline",
                                "read-file " + precious.string(),
                                "read-file ../../../../../../../../" + precious.string(),
                                "read-file " + (place_.signatures() / "behaviour.ndb").string(),
                                "write-file " + precious.string(),
                                "write-file " + (place_.root() / "new").string(),
                                "remove-file " + precious.string(),
                                "list-directory /",
                                "list-directory ..",
                                "list-directory " + place_.scratch().string(),
                                "list-directory " + engine_->scratch().string(),
                                "list-directory /proc/self/fd"};
  for (const std::string& deed : kDeeds) {
    SCOPED_TRACE(deed);

    auto report = order(deed);

    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->verdict.disposition, Disposition::unscannable) << report->verdict.message;
  }
  EXPECT_EQ(text_of(precious), "x");
}

TEST_F(WayOut, ChangingTheModeOfAFileIsOnlyPretended) {
  const std::filesystem::path precious = place_.root() / "precious";
  std::ofstream(precious) << "x";
  ::chmod(precious.c_str(), 0600);

  ASSERT_TRUE(order("change-mode " + precious.string()));

  struct stat status {};
  ASSERT_EQ(::stat(precious.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(WayOut, TheContentCanOnlyBeRead) {
  for (const char* deed : {"write-content", "cut-content", "map-content", "reopen-content"}) {
    SCOPED_TRACE(deed);
    const std::string bytes = std::string("do: ") + deed;
    // Unsealed and open for writing: the client's reopening alone protects it.
    const UniqueFd content = content_of(bytes);

    auto report = scanner_->scan(content, bytes.size(), Deadline::never(), {});

    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->verdict.disposition, Disposition::unscannable) << report->verdict.message;
    std::string now(bytes.size(), '\0');
    EXPECT_EQ(::pread(content.get(), now.data(), now.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(now, bytes);
  }
}

TEST_F(WayOut, AnUnlinkedFileOnDiskIsScannedLikeASealedMemoryFile) {
  std::string name = (place_.root() / "spool-XXXXXX").string();
  const UniqueFd spool(::mkostemp(name.data(), O_CLOEXEC));
  ::unlink(name.c_str());
  ASSERT_EQ(::write(spool.get(), "CORDON-TEST-HARMFUL", 19), 19);
  const UniqueFd sealed = content_of("CORDON-TEST-HARMFUL");
  ASSERT_EQ(
      ::fcntl(sealed.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL),
      0);

  for (const UniqueFd* content : {&spool, &sealed}) {
    auto report = scanner_->scan(*content, 19, Deadline::never(), {});

    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->verdict.disposition, Disposition::infected);
  }
}

TEST_F(WayOut, ADiskHogIsStoppedByTheSizeOfItsDirectory) {
  auto report = order("fill-disk");

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->verdict.disposition, Disposition::unscannable) << report->verdict.message;
  EXPECT_EQ(said("find-traces"), "empty");
}

TEST_F(WayOut, NoObjectFindsTracesOfTheOneBefore) {
  EXPECT_EQ(said("leave-traces"), "left");
  const std::string worker = said("process-id");

  EXPECT_EQ(said("find-traces"), "empty");
  EXPECT_EQ(said("process-id"), worker);
}

class WayOutOnDisk : public WayOut {
 protected:
  WayOutOnDisk() { on_disk_ = true; }
};

TEST_F(WayOutOnDisk, TemporaryFilesOnDiskAreJustAsPrivate) {
  EXPECT_EQ(said("leave-traces"), "left");
  EXPECT_EQ(said("find-traces"), "empty");
  for (const std::string& deed :
       {std::string("read-file /etc/passwd"), std::string("list-directory .."),
        "list-directory " + engine_->scratch().string()}) {
    SCOPED_TRACE(deed);
    auto report = order(deed);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->verdict.disposition, Disposition::unscannable);
  }
  auto hog = order("fill-disk");
  ASSERT_TRUE(hog) << hog.error().what;
  EXPECT_EQ(hog->verdict.disposition, Disposition::unscannable);
}

/// A worker that is in the middle of an object, with temporary files, and another one beside it.
class Neighbours : public WayOutOnDisk {
 protected:
  Neighbours() { pool_options_.workers = 2; }

  /// Blocks until the busy worker has written its file; then where that is.
  std::filesystem::path begin() {
    busy_ = std::jthread([this](std::stop_token stop) {
      constexpr std::string_view kOrder = "do: leave-traces-and-hang";
      static_cast<void>(scanner_->scan(content_of(std::string(kOrder)), kOrder.size(),
                                       Deadline::never(), std::move(stop)));
    });
    for (const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
         std::chrono::steady_clock::now() < limit; std::this_thread::yield()) {
      std::error_code gone;  // Directories come and go meanwhile.
      for (std::filesystem::recursive_directory_iterator at(engine_->scratch(), gone), end;
           !gone && at != end; at.increment(gone)) {
        if (at->path().filename() == "file") return at->path();
      }
    }
    return {};
  }
  /// Children of the zygote. What `begin` left busy is the one that does not answer.
  pid_t busy_worker() {
    const pid_t idle = static_cast<pid_t>(std::stol(said("process-id")));
    const std::string zygote = std::to_string(engine_->pid());
    std::istringstream children(text_of("/proc/" + zygote + "/task/" + zygote + "/children"));
    for (pid_t child = 0; children >> child;) {
      if (child != idle) return child;
    }
    return 0;
  }

 private:
  std::jthread busy_;  // Stopped and joined before the scanner goes.
};

TEST_F(Neighbours, AnotherWorkersMemoryAndFilesAreOutOfReach) {
  const std::filesystem::path file = begin();
  ASSERT_FALSE(file.empty());
  const std::string other = std::to_string(busy_worker());
  ASSERT_NE(other, "0");
  const std::string kFiles[] = {"read-file " + file.string(),
                                "write-file " + file.string(),
                                "remove-file " + file.string(),
                                "list-directory " + file.parent_path().string(),
                                "read-file /proc/" + other + "/mem",
                                "read-file /proc/" + other + "/maps",
                                "list-directory /proc/" + other + "/root",
                                "list-directory /proc/" + other + "/fd"};
  for (const std::string& deed : kFiles) {
    SCOPED_TRACE(deed);
    auto report = order(deed);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->verdict.disposition, Disposition::unscannable) << report->verdict.message;
  }
  for (const std::string deed : {"trace ", "kill ", "abort-other "}) {
    SCOPED_TRACE(deed);
    const double before = ended("violation");
    EXPECT_FALSE(order(deed + other));
    EXPECT_EQ(ended("violation"), before + 1);
  }
  // Sanitizers call it as well, so with them it is refused and does not kill.
  auto report = order("read-memory " + other);
  EXPECT_TRUE(!report || report->verdict.disposition == Disposition::unscannable);
  EXPECT_TRUE(std::filesystem::exists(file));  // It was worth stealing all the time.
  EXPECT_TRUE(std::filesystem::exists("/proc/" + other));
}

class FullDisk : public WayOutOnDisk {
 protected:
  FullDisk() { scanner_options_.scratch_bytes_free_min = ~0ULL; }
};

TEST_F(FullDisk, EndsTheWorkerThatScans) {
  auto report = order("hang");

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::worker_died);
  EXPECT_NE(report.error().what.find("temporary files fill"), std::string::npos);
}

}  // namespace
}  // namespace cordon
