#include "clamav/mark_search.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace cordon {
namespace {

using namespace std::string_view_literals;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::optional<std::size_t> place(std::size_t found) {
  return found == std::string::npos ? std::nullopt : std::optional(found);
}

// Two letters make many half marks.
rc::Gen<std::string> few_letters() {
  return rc::gen::container<std::string>(rc::gen::element('a', 'b'));
}

RC_GTEST_PROP(MarkSearch, FindsWhatAPlainSearchFinds, ()) {
  const std::string text = *few_letters();
  const std::string mark = *rc::gen::nonEmpty(few_letters());
  const std::size_t rare = *rc::gen::inRange<std::size_t>(0, mark.size());
  const std::size_t bound = *rc::gen::inRange<std::size_t>(0, text.size() + 2);

  RC_ASSERT(find_mark(bytes_of(text), {mark, rare}, bound) == place(text.find(mark, bound)));
  RC_ASSERT(find_last_mark(bytes_of(text), {mark, rare}, bound) ==
            (bound == 0 ? std::nullopt : place(text.rfind(mark, bound - 1))));
}

TEST(MarkSearch, NothingIsInNothing) {
  EXPECT_EQ(find_mark({}, {"PK\x05\x06"sv, 2}), std::nullopt);
  EXPECT_EQ(find_last_mark({}, {"PK\x05\x06"sv, 2}, 0), std::nullopt);
  EXPECT_EQ(find_last_mark({}, {"PK\x05\x06"sv, 2}, 9), std::nullopt);
}

}  // namespace
}  // namespace cordon
