#include "base/secret.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace cordon {
namespace {

TEST(Secret, IsGoneAfterItWasWiped) {
  std::array<std::byte, 4> key = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  std::string text = "secret, and longer than what a string holds in itself";
  const std::size_t capacity = text.capacity();
  char* at = text.data();
  text.resize(6);

  wipe(key);
  { const WipedLater later(text); }

  EXPECT_TRUE(std::all_of(key.begin(), key.end(), [](std::byte b) { return b == std::byte{0}; }));
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), at);
  text.resize(capacity, 'x');  // In the same memory: within the capacity.
  EXPECT_EQ(text.find("secret"), std::string::npos);
  wipe(std::span<std::byte>());
}

// In a child, because it cannot be taken back.
TEST(Secret, AProcessThatHoldsSecretsLeavesNoCoreDump) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    forbid_core_dumps();
    rlimit limit{1, 1};
    ::getrlimit(RLIMIT_CORE, &limit);
    bool good = limit.rlim_cur == 0 && limit.rlim_max == 0;
#ifndef CORDON_SANITIZED
    good = good && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);

  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace cordon
