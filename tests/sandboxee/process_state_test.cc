// What the kernel says about zygote and worker from outside: /proc.
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "sandbox_fixture.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

class ProcessState : public SandboxTest {
 protected:
  static fs::path proc(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }
  static std::string status(pid_t pid, const std::string& field) {
    std::istringstream lines(text_of(proc(pid) / "status"));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(field + ":"))
        return line.substr(line.find_first_not_of("\t ", field.size() + 1));
    }
    return "missing";
  }
  static std::vector<std::string> descriptors(pid_t pid) {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(proc(pid) / "fd")) {
      out.push_back(entry.path().filename().string() + " " +
                    fs::read_symlink(entry.path()).string());
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  /// Not dumpable: only who may trace it.
  static bool may_look_into(pid_t pid) {
    std::error_code denied;
    static_cast<void>(fs::read_symlink(proc(pid) / "fd" / "0", denied));
    return !denied;
  }
  pid_t worker() { return static_cast<pid_t>(std::stol(said("process-id"))); }
};

TEST_F(ProcessState, AWorkerHasNoPrivilegesAndAFilter) {
  const pid_t pid = worker();

  EXPECT_EQ(status(pid, "NoNewPrivs"), "1");
  EXPECT_EQ(status(pid, "Seccomp"), "2");
  EXPECT_EQ(status(pid, "CapEff"), "0000000000000000");
  EXPECT_EQ(status(pid, "CapPrm"), "0000000000000000");
  EXPECT_EQ(status(pid, "CapInh"), "0000000000000000");
  EXPECT_EQ(status(pid, "CapAmb"), "0000000000000000");
  EXPECT_EQ(status(pid, "Threads"), "1");
  auto lease = pool_->lease(Deadline::never(), {});
  ASSERT_TRUE(lease);
  if ((*lease)->confinement().own_user) {
    EXPECT_EQ(status(pid, "Uid"), "65534\t65534\t65534\t65534");
    EXPECT_EQ(status(pid, "Gid"), "65534\t65534\t65534\t65534");
    EXPECT_EQ(status(pid, "CapBnd"), "0000000000000000");
  }
  std::move(*lease).give_back();
}

TEST_F(ProcessState, NeitherHasAnEnvironmentOrAStrangeDescriptor) {
  ::setenv("AWS_SECRET_ACCESS_KEY", "must-not-travel", 1);
  pool_.reset();
  start();
  const pid_t pid = worker();
  if (!may_look_into(pid)) GTEST_SKIP() << "only root may look into a process like that";

  // One question more, so that the zygote has let go of what it handed over.
  static_cast<void>(engine_->reap(999'999, Deadline::never()));
  EXPECT_EQ(text_of(proc(engine_->pid()) / "environ"), "");
  EXPECT_EQ(text_of(proc(pid) / "environ"), "");
  for (const pid_t process : {engine_->pid(), pid}) {
    const std::vector<std::string> open = descriptors(process);
    ASSERT_GE(open.size(), 4U);
    EXPECT_EQ(open[0], "0 /dev/null");
    EXPECT_EQ(open[1], "1 /dev/null");
    EXPECT_TRUE(open[2].starts_with("2 "));
    EXPECT_TRUE(open[3].starts_with("3 socket:"));
  }
  EXPECT_EQ(descriptors(engine_->pid()).size(), 4U);
  // And its own directory for temporary files, which is empty.
  const std::vector<std::string> of_worker = descriptors(pid);
  ASSERT_EQ(of_worker.size(), 5U);
  EXPECT_TRUE(std::filesystem::is_directory(proc(pid) / "fd/4")) << of_worker[4];
  EXPECT_TRUE(std::filesystem::is_empty(proc(pid) / "fd/4"));
#ifndef CORDON_SANITIZED
  EXPECT_EQ(descriptors(pid)[2], "2 /dev/null");
#endif
}

TEST_F(ProcessState, AWorkerIsNotDumpable) {
  if (may_look_into(worker()) && ::geteuid() != 0) FAIL() << "anyone may look into it";
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: without it the owner does not differ";
  struct stat state {};
  ASSERT_EQ(::stat((proc(worker()) / "environ").c_str(), &state), 0);

  EXPECT_EQ(state.st_uid, 0U);  // Not the worker's own user.
}

TEST_F(ProcessState, AWorkerIsAloneInItsNetwork) {
  if (!may_look_into(worker())) GTEST_SKIP() << "only root may look into a process like that";
  auto lease = pool_->lease(Deadline::never(), {});
  ASSERT_TRUE(lease);
  if (!(*lease)->confinement().own_network) {
    GTEST_SKIP() << "this container does not permit namespaces";
  }
  const pid_t pid = (*lease)->pid();

  EXPECT_NE(fs::read_symlink(proc(pid) / "ns" / "net"), fs::read_symlink("/proc/self/ns/net"));
  EXPECT_NE(fs::read_symlink(proc(pid) / "ns" / "mnt"), fs::read_symlink("/proc/self/ns/mnt"));
  EXPECT_EQ(fs::read_symlink(proc(pid) / "root").string(), engine_->scratch() / "worker-2");
  std::move(*lease).give_back();
}

TEST_F(ProcessState, ALimitIsSetOnEverythingThatCanGrow) {
  const std::string limits = text_of(proc(worker()) / "limits");

  EXPECT_NE(limits.find("Max core file size        0                    0 "), std::string::npos);
  EXPECT_NE(limits.find("Max processes             0                    0 "), std::string::npos);
  EXPECT_NE(limits.find("Max open files            256                  256 "), std::string::npos);
  EXPECT_NE(limits.find("Max file size             33554432             33554432 "),
            std::string::npos);
#ifndef CORDON_SANITIZED
  EXPECT_EQ(limits.find("Max address space         unlimited"), std::string::npos);
#endif
}

}  // namespace
}  // namespace cordon
