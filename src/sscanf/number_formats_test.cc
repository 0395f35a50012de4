// scan_numbers against vsscanf of the C library, for every format that libclamav could pass.
//
// Its formats are read from its file: whatever follows a zero byte or any later byte of a text with
// a percent sign in it, since linkers let a short text share the end of a longer one. That is far
// more than the library passes to sscanf (most are printf's), so nothing that it passes is left
// out.

#include "sscanf/number_formats.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "testing/fixed_seed.h"

namespace cordon {
namespace {

/// More numbers than any format has that is tried here.
constexpr std::size_t kOutputs = 12;
constexpr unsigned kUntouched = 0xA5A5A5A5;

struct Answer {
  int count = 0;
  std::array<unsigned, kOutputs> numbers;
  bool operator==(const Answer&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  out << answer.count << ":";
  for (const unsigned number : answer.numbers) out << " " << number;
  return out;
}

using Scan = std::optional<int> (*)(const char* text, const char* format, std::va_list outputs);

std::optional<int> call(Scan scan, const char* text, const char* format, ...) {
  std::va_list outputs;
  va_start(outputs, format);
  const std::optional<int> said = scan(text, format, outputs);
  va_end(outputs);
  return said;
}

std::optional<Answer> answer_of(Scan scan, const std::string& text, const std::string& format) {
  Answer answer;
  auto& n = answer.numbers;
  n.fill(kUntouched);
  const std::optional<int> count =
      call(scan, text.c_str(), format.c_str(), &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6],
           &n[7], &n[8], &n[9], &n[10], &n[11]);
  if (!count) return std::nullopt;
  answer.count = *count;
  return answer;
}

std::optional<Answer> ours(const std::string& text, const std::string& format) {
  return answer_of(scan_numbers, text, format);
}

/// Asked only about formats of numbers: another one would write who knows what.
Answer of_the_library(const std::string& text, const std::string& format) {
  return *answer_of(
      [](const char* t, const char* f, std::va_list outputs) -> std::optional<int> {
        return std::vsscanf(t, f, outputs);
      },
      text, format);
}

std::string bytes_of_libclamav() {
  std::ifstream file(CORDON_LIBCLAMAV, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Texts with a percent sign and all their ends that still have one.
std::set<std::string> possible_formats(std::string_view file) {
  constexpr std::size_t kFormatMax = 200;
  const auto is_text = [](char c) { return c >= '\t' && c <= '~'; };
  std::set<std::string> formats;
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (file[i] != '%') continue;
    std::size_t begin = i;
    while (begin > 0 && i - begin < kFormatMax && is_text(file[begin - 1])) --begin;
    std::size_t end = i;
    while (end < file.size() && end - i < kFormatMax && is_text(file[end])) ++end;
    if (end == file.size() || file[end] != '\0') continue;
    for (; begin <= i; ++begin) formats.emplace(file.substr(begin, end - begin));
  }
  return formats;
}

/// Those that scan_numbers answers.
const std::vector<std::string>& answered_formats() {
  static const std::vector<std::string> answered = [] {
    std::vector<std::string> found;
    for (const std::string& format : possible_formats(bytes_of_libclamav())) {
      if (std::ranges::count(format, '%') > static_cast<std::ptrdiff_t>(kOutputs)) continue;
      if (ours("", format)) found.push_back(format);
    }
    return found;
  }();
  return answered;
}

/// Texts that go along with the format for a while, and what may come up at any place of them.
rc::Gen<std::string> text_for(const std::string& format) {
  const auto piece = rc::gen::elementOf(
      std::vector<std::string>{"0",          "7",          "42",
                               "00012",      "999999999",  "1000000000",
                               "4294967295", "4294967296", "18446744073709551616",
                               "-1",         "+1",         "-",
                               " ",          "\t\n",       "\v",
                               "",           ",",          "$",
                               "S",          "%u",         "0x1F",
                               "1.5",        "\xC2\xA0",   "\xFF",
                               "abc",        "()"});
  return rc::gen::map(
      rc::gen::pair(rc::gen::container<std::vector<std::string>>(piece), rc::gen::inRange(0, 4)),
      [format](const std::pair<std::vector<std::string>, int>& made) {
        std::string text;
        std::size_t used = 0;
        const auto next = [&] { return used < made.first.size() ? made.first[used++] : ""; };
        for (std::size_t i = 0; i < format.size(); ++i) {
          if (made.second == 0) text += next();
          if (format[i] != '%') {
            text += format[i];
          } else {
            text += next();
            ++i;
          }
        }
        for (; made.second == 1 && used < made.first.size();) text += next();
        return text;
      });
}

TEST(NumberFormats, AreThoseThatTheEngineEvaluatesExpressionsWith) {
  const std::vector<std::string>& formats = answered_formats();

  for (const char* needed : {"%u", "%u,%u", "%u-%u", "S%u+%u", "$%u$"}) {
    EXPECT_TRUE(std::ranges::count(formats, needed)) << needed << " is not in " CORDON_LIBCLAMAV;
  }
}

RC_GTEST_PROP(NumberFormatsProperty, AreReadAsTheLibraryReadsThem, ()) {
  const std::string meant_for = *rc::gen::elementOf(answered_formats());
  const std::string text = *text_for(meant_for);
  RC_CLASSIFY(!ours(text, meant_for), "left to the library");
  for (const std::string& format : answered_formats()) {
    const std::optional<Answer> said = ours(text, format);
    if (said) RC_ASSERT(*said == of_the_library(text, format));
  }
}

/// A short expression in the middle of a longer one, as the engine has them.
RC_GTEST_PROP(NumberFormatsProperty, ExpressionsAreReadAsTheLibraryReadsThem, ()) {
  const std::string text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123456789&|()<>=,- \t")));
  for (const std::string format : {"%u", "%u,%u"}) {
    const std::optional<Answer> said = ours(text, format);
    if (said) RC_ASSERT(*said == of_the_library(text, format));
  }
}

TEST(NumberFormats, AnyFormatOfTheLibrarysFileIsReadAlikeOrLeft) {
  const std::string texts[] = {"", " ", "1", "12,34", "$7$", "S2+30", "${1-2}3$", "1.2-3", "x"};
  std::size_t answered = 0;
  for (const std::string& format : answered_formats()) {
    for (const std::string& text : texts) {
      const std::optional<Answer> said = ours(text, format);
      ASSERT_TRUE(said) << format << " on " << text;
      ASSERT_EQ(*said, of_the_library(text, format)) << format << " on " << text;
      ++answered;
    }
  }
  EXPECT_GT(answered, 100U);
  RecordProperty("formats", static_cast<int>(answered_formats().size()));
}

TEST(NumberFormats, LeaveOtherFormatsToTheLibrary) {
  for (const char* format : {"%x", "%d", "%lu", "%5u", "%*u", "%%", "%", "%u %u", "%u\n", "%us\xC3",
                             "%n", "%u%n", "%s", "%c%zu%c", "\x01%u"}) {
    EXPECT_FALSE(ours("1 1", format)) << format;
  }
}

TEST(NumberFormats, LeaveWhatLocalesAndOverflowHaveASayInToTheLibrary) {
  for (const char* text : {"-1", "+1", "1234567890", "4294967296",
                           "\xA0"
                           "1",
                           " \xFF", "1,-1"}) {
    EXPECT_FALSE(ours(text, "%u,%u")) << text;
  }
}

TEST(NumberFormats, HaveTheirAnswersAtTheEndOfTheText) {
  EXPECT_EQ(ours("", "%u")->count, EOF);
  EXPECT_EQ(ours("  ", "%u")->count, EOF);
  EXPECT_EQ(ours("", ",%u")->count, EOF);
  EXPECT_EQ(ours("5", "%u,%u")->count, 1);
  EXPECT_EQ(ours("5,", "%u,%u")->count, 1);
  EXPECT_EQ(ours("&", "%u")->count, 0);
  EXPECT_EQ(ours("999999999,3&", "%u,%u")->numbers[0], 999'999'999U);
}

}  // namespace
}  // namespace cordon
