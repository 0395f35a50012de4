#include "core/page.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "testing/result_code.h"

namespace cordon {
namespace {

RC_GTEST_PROP(PageCursor, ComesBackFromItsTextForItsQueryAlone, ()) {
  PageCursor cursor;
  cursor.numbers = {*rc::gen::arbitrary<std::int64_t>(), *rc::gen::arbitrary<std::int64_t>()};
  cursor.text = (*rc::gen::arbitrary<std::string>()).substr(0, kCursorTextBytesMax);
  const std::string query = *rc::gen::arbitrary<std::string>();

  const std::string text = encode_cursor(cursor, query);

  RC_ASSERT(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_") == std::string::npos);
  RC_ASSERT(decode_cursor(text, query).value() == cursor);
  RC_ASSERT(code_of(decode_cursor(text, query + "x")) == Errc::invalid);
}

TEST(PageCursor, RefusesWhatIsNone) {
  const PageCursor longest{{1, 2}, std::string(kCursorTextBytesMax, 'x')};
  const std::string good = encode_cursor(longest, "q");
  ASSERT_EQ(decode_cursor(good, "q").value(), longest);
  for (const std::string& bad :
       {std::string(), std::string("x"), good.substr(0, 30), good + "AAAA",
        std::string(1 << 20, 'A'), std::string("+///"), std::string("AQ=="),
        std::string("\xff\xff\xff\xff"), "B" + good.substr(1)}) {
    EXPECT_EQ(code_of(decode_cursor(bad, "q")), Errc::invalid) << bad.substr(0, 50);
  }
}

TEST(PageRequest, GivesAtMostAThousandRows) {
  EXPECT_EQ(rows_of({.rows_max = 0}), 1'000U);
  EXPECT_EQ(rows_of({.rows_max = 1}), 1U);
  EXPECT_EQ(rows_of({.rows_max = 1'001}), 1'000U);
}

}  // namespace
}  // namespace cordon
