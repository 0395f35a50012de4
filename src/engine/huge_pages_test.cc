#include "engine/huge_pages.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace cordon {
namespace {

constexpr std::size_t kHugePage = 2U << 20U;

TEST(HugePages, AreForWhatAProcessHasWrittenItself) {
  const std::string maps =
      "55d0c2a00000-55d0c3000000 r-xp 00000000 fe:00 1234    /usr/bin/cordon-engine\n"
      "55d0c3000000-55d0c3800000 rw-p 00600000 fe:00 1234    /usr/bin/cordon-engine\n"
      "55d0c4123000-55d0c4d45000 rw-p 00000000 00:00 0       [heap]\n"
      "7f0000000000-7f0020000000 rw-p 00000000 00:00 0 \n"
      "7f0020001000-7f00203ff000 rw-p 00000000 00:00 0 \n"
      "7f0030000000-7f0030800000 rw-s 00000000 00:01 77      /memfd:object (deleted)\n"
      "7f0040000000-7f0040800000 ---p 00000000 00:00 0 \n"
      "7ffd00000000-7ffd00800000 rw-p 00000000 00:00 0       [stack]\n"
      "nonsense\n"
      "7f0050000000-7f0050800000 rw-p 00000000 00:00 0";

  const std::vector<MemoryRange> expected = {{0x55d0c4200000, 0x55d0c4c00000},
                                             {0x7f0000000000, 0x7f0020000000},
                                             {0x7f0050000000, 0x7f0050800000}};
  EXPECT_EQ(heap_ranges(maps), expected);
  EXPECT_TRUE(heap_ranges("").empty());
}

/// Kilobytes in huge pages of the mapping that begins at `address`.
long huge_kilobytes(const void* address) {
  std::ifstream lines("/proc/self/smaps");
  char begin[32];
  std::snprintf(begin, sizeof begin, "%lx-", reinterpret_cast<unsigned long>(address));
  bool here = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.find(": ") == std::string::npos && line.find("-") < line.find(' ')) {
      here = line.starts_with(begin);
    }
    if (here && line.starts_with("AnonHugePages:")) return std::stol(line.substr(14));
  }
  return -1;
}

TEST(HugePages, HoldTheSameBytesAsBefore) {
  constexpr std::size_t kBytes = 4 * kHugePage;
  void* const reserved = ::mmap(nullptr, kBytes + kHugePage, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(reserved, MAP_FAILED);
  const auto at = reinterpret_cast<std::uintptr_t>(reserved);
  for (std::size_t i = 0; i < kBytes + kHugePage; i += 4096) {
    static_cast<char*>(reserved)[i] = static_cast<char>(i >> 12U);
  }

  const std::size_t joined = join_huge_pages({at, at + kBytes + kHugePage});

  for (std::size_t i = 0; i < kBytes + kHugePage; i += 4096) {
    ASSERT_EQ(static_cast<char*>(reserved)[i], static_cast<char>(i >> 12U)) << i;
  }
  if (joined > 0) {
    const std::size_t begin = (at + kHugePage - 1) & ~(kHugePage - 1);
    EXPECT_GE(joined, kBytes);
    // The kernel may have split the mapping at the first huge page.
    EXPECT_GT(huge_kilobytes(reinterpret_cast<void*>(begin)) + huge_kilobytes(reserved), 0);
  }
  ::munmap(reserved, kBytes + kHugePage);
  if (joined == 0) GTEST_SKIP() << "this kernel joins no huge pages on request";
}

TEST(HugePages, AreRefusedQuietlyWhereThereIsNoMemory) {
  EXPECT_EQ(join_huge_pages({0x200000, 0x600000}), 0U);
  EXPECT_EQ(join_huge_pages({0x200000, 0x300000}), 0U);
}

}  // namespace
}  // namespace cordon
