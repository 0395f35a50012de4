// This program has the sscanf of this folder in front of the C library's, as cordon-engine has.

#include "sscanf/interposition.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "sscanf/references.h"

namespace cordon {
namespace {

/// A text without an end, in front of memory that cannot be read.
class EndlessText {
 public:
  explicit EndlessText(std::string_view text) {
    void* const pages =
        ::mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return;
    pages_ = static_cast<char*>(pages);
    EXPECT_EQ(::mprotect(pages_ + page_, page_, PROT_NONE), 0);
    begin_ = pages_ + page_ - text.size();
    std::memcpy(begin_, text.data(), text.size());
  }
  EndlessText(const EndlessText&) = delete;
  EndlessText& operator=(const EndlessText&) = delete;
  ~EndlessText() { ::munmap(pages_, 2 * page_); }
  const char* c_str() const { return begin_; }

 private:
  const std::size_t page_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  char* pages_ = nullptr;
  char* begin_ = nullptr;
};

class Interposition : public testing::Test {
 protected:
  void TearDown() override { set_sscanf_answerer(SscanfAnswerer::cordon); }

  const SscanfFunctions functions_ = sscanf_functions();
};

TEST_F(Interposition, IsWhatLibrariesFind) {
  EXPECT_EQ(::dlsym(RTLD_DEFAULT, "sscanf"), reinterpret_cast<void*>(functions_.gnu));
  EXPECT_EQ(::dlsym(RTLD_DEFAULT, "__isoc99_sscanf"), reinterpret_cast<void*>(functions_.c99));
}

TEST_F(Interposition, IsWhatTheEngineCalls) {
  const SscanfReferences references = sscanf_references("libclamav.so");

  EXPECT_GT(references.here, 0U);
  EXPECT_EQ(references.elsewhere, 0U);
}

TEST_F(Interposition, TellsALibraryThatCallsAnother) {
  void* const library = ::dlopen(CORDON_LATE_CALLER, RTLD_LAZY | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << ::dlerror();
  // SAFETY: what late_caller.cc exports under this name.
  const auto first_number =
      reinterpret_cast<unsigned (*)(const char*)>(::dlsym(library, "first_number"));
  ASSERT_NE(first_number, nullptr);

  EXPECT_EQ(sscanf_references("liblate_caller."), (SscanfReferences{.here = 0, .elsewhere = 1}));
  EXPECT_EQ(first_number("17&18"), 17U);
  EXPECT_EQ(sscanf_references("liblate_caller."), (SscanfReferences{.here = 1, .elsewhere = 0}));
  EXPECT_EQ(sscanf_references("libnone."), SscanfReferences());
  ::dlclose(library);
}

/// The C library measures a text before it reads it.
TEST_F(Interposition, ReadsNoFurtherThanTheNumber) {
  const EndlessText text("12&");
  for (const auto function : {functions_.gnu, functions_.c99}) {
    unsigned number = 0;

    EXPECT_EQ(function(text.c_str(), "%u", &number), 1);
    EXPECT_EQ(number, 12U);
  }
}

TEST_F(Interposition, CanBeSwitchedOff) {
  const EndlessText text("12&");
  unsigned number = 0;
  set_sscanf_answerer(SscanfAnswerer::c_library);

  EXPECT_EQ(functions_.gnu("12&", "%u", &number), 1);
  EXPECT_EQ(number, 12U);
  EXPECT_DEATH(functions_.gnu(text.c_str(), "%u", &number), "");
  EXPECT_DEATH(functions_.c99(text.c_str(), "%u", &number), "");
}

TEST_F(Interposition, LeavesOtherFormatsToTheLibrary) {
  for (const auto function : {functions_.gnu, functions_.c99}) {
    int day = 0;
    int month = 0;
    int year = 0;
    char first = 0;
    std::size_t size = 0;
    char last = 0;
    unsigned number = 0;
    char word[16] = {};

    EXPECT_EQ(function("123456789", "%3d%2d%4d", &day, &month, &year), 3);
    EXPECT_EQ(day * 1'000'000 + month * 10'000 + year, 123'456'789);
    EXPECT_EQ(function("{126}", "%c%zu%c", &first, &size, &last), 3);
    EXPECT_EQ(first, '{');
    EXPECT_EQ(size, 126U);
    EXPECT_EQ(last, '}');
    EXPECT_EQ(function("0x1fg", "0x%x", &number), 1);
    EXPECT_EQ(number, 0x1FU);
    EXPECT_EQ(function("0000644", "%o", &number), 1);
    EXPECT_EQ(number, 0644U);
    EXPECT_EQ(function("-1", "%u", &number), 1);
    EXPECT_EQ(number, 4'294'967'295U);
    EXPECT_EQ(function("7 seven", "%zu %15s", &size, word), 2);
    EXPECT_STREQ(word, "seven");
  }
}

/// The one difference between the names: before ISO C99 `a` let the function allocate.
TEST_F(Interposition, KeepsTheTwoNamesApart) {
  char* allocated = nullptr;
  float number = 0;

  EXPECT_EQ(functions_.gnu("word", "%as", &allocated), 1);
  EXPECT_STREQ(allocated, "word");
  EXPECT_EQ(functions_.c99("1.5s", "%as", &number), 1);
  EXPECT_EQ(number, 1.5F);
  std::free(allocated);
}

}  // namespace
}  // namespace cordon
