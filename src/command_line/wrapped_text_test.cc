#include "command_line/wrapped_text.h"

#include <gtest/gtest.h>

#include <sstream>

namespace cordon {
namespace {

const std::string kLong = [] {
  std::string text;
  for (int i = 0; i < 60; ++i) text += (i == 0 ? "" : " ") + std::string("word");
  return text;
}();

TEST(WrappedText, LeavesWhatFitsAsItIs) {
  EXPECT_EQ(wrapped("", 4, 4), "");
  EXPECT_EQ(wrapped("one two", 4, 4), "one two");
  EXPECT_EQ(wrapped(std::string(80, 'x'), 0, 0), std::string(80, 'x'));
}

TEST(WrappedText, NoLineIsWiderAndNoWordIsLost) {
  for (const std::size_t indent : {0, 30}) {
    const std::string text = wrapped(kLong, indent, indent);

    std::istringstream lines(std::string(indent, ' ') + text);
    std::string words;
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), kTextColumns);
      EXPECT_EQ(line.find_first_not_of(' '), indent);
      words += (words.empty() ? "" : " ") + line.substr(indent);
    }
    EXPECT_EQ(words, kLong);
  }
}

TEST(WrappedText, AWordThatIsTooLongHasALineOfItsOwn) {
  const std::string word(100, 'x');

  EXPECT_EQ(wrapped("a " + word + " b", 2, 2), "a\n  " + word + "\n  b");
  EXPECT_EQ(wrapped(word, 2, 2), word);
  EXPECT_EQ(wrapped(word, 2, 10), "\n  " + word);
}

}  // namespace
}  // namespace cordon
