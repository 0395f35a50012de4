#include "console/api_request.h"

#include <gtest/gtest.h>

#include "testing/result_code.h"

namespace cordon {
namespace {

using Texts = std::vector<std::string>;

TEST(ApiRequest, ReadsPathsAndParameters) {
  ApiRequest request =
      ApiRequest::parse(
          "/api/a%2Fb%20c/?prefix=%C3%BC+x%2B&state=open&state=gone&&since=2026-11-30T"
          "00:00:00Z&first=2026-11-30&sha256=" +
          std::string(64, 'A') + "&verdict=Infected&empty")
          .value();

  EXPECT_EQ(request.segments(), (Texts{"api", "a/b c", ""}));
  EXPECT_EQ(request.text("prefix"), "\xC3\xBC x+");
  EXPECT_EQ(request.texts("state"), (Texts{"open", "gone"}));
  EXPECT_EQ(request.text("absent"), std::nullopt);
  EXPECT_EQ(request.text("empty"), "");
  EXPECT_EQ(request.time("since"), std::chrono::sys_days(request.day("first").value()));
  EXPECT_EQ(request.sha256("sha256"), std::string(64, 'a'));
  EXPECT_EQ(request.verdicts("verdict"), std::vector{Disposition::infected});
  EXPECT_EQ(request.page().rows_max, 100U);
  EXPECT_TRUE(request.checked());
}

TEST(ApiRequest, NamesTheFirstParameterThatIsWrong) {
  using Reader = void (*)(ApiRequest&);
  const std::tuple<const char*, const char*, Reader> wrong[] = {
      {"bucket=a&bucket=b", "bucket: ", [](ApiRequest& in) { in.text("bucket"); }},
      {"since=yesterday", "since: ", [](ApiRequest& in) { in.time("since"); }},
      {"first=2026-11-30T00", "first: ", [](ApiRequest& in) { in.day("first"); }},
      {"first=2026-02-30", "first: ", [](ApiRequest& in) { in.day("first"); }},
      {"sha256=abc", "sha256: ", [](ApiRequest& in) { in.sha256("sha256"); }},
      {"verdict=infected", "verdict: ", [](ApiRequest& in) { in.verdicts("verdict"); }},
      {"limit=0", "limit: ", [](ApiRequest& in) { in.page(); }},
      {"limit=1001", "limit: ", [](ApiRequest& in) { in.page(); }},
      {"limit=-1", "limit: ", [](ApiRequest& in) { in.page(); }},
      {"cursor=x", "cursor: ", [](ApiRequest& in) { in.page(); }},
  };
  for (const auto& [query, what, read] : wrong) {
    SCOPED_TRACE(query);
    ApiRequest request = ApiRequest::parse(std::string("/a?") + query).value();

    read(request);
    request.wrong("later", "and another");

    const Result<void> checked = request.checked();
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, Errc::invalid);
    EXPECT_TRUE(checked.error().what.starts_with(what)) << checked.error().what;
  }
  ApiRequest misspelt = ApiRequest::parse("/a?bukket=a").value();
  misspelt.text("bucket");
  EXPECT_EQ(misspelt.checked().error().what, "bukket: there is no such parameter here");
}

TEST(ApiRequest, ACursorBelongsToItsFiltersInAnyOrder) {
  const PageCursor cursor{{5, 0}, "id"};
  const auto page_of = [](const std::string& target) {
    ApiRequest request = ApiRequest::parse(target).value();
    const PageRequest page = request.page();
    request.texts("a");
    request.texts("b");
    return request.checked() ? page.after : std::nullopt;
  };
  const std::string text =
      encode_cursor(cursor, ApiRequest::parse("/x?a=1&b=2").value().question());

  EXPECT_EQ(page_of("/x?a=1&b=2&cursor=" + text), cursor);
  EXPECT_EQ(page_of("/x?limit=5&cursor=" + text + "&b=2&a=1"), cursor);
  EXPECT_EQ(page_of("/x?a=1&b=3&cursor=" + text), std::nullopt);
  EXPECT_EQ(page_of("/x?a=1&cursor=" + text), std::nullopt);
  EXPECT_EQ(page_of("/y?a=1&b=2&cursor=" + text), std::nullopt);
}

TEST(ApiRequest, RefusesWhatIsNoTarget) {
  std::string many = "/a?";
  for (int i = 0; i < 101; ++i) many += "a=1&";
  for (const std::string& target : {std::string(), std::string("a"), std::string("http://h/a"),
                                    std::string("/%zz"), std::string("/a?b=%"), std::string("/%ff"),
                                    std::string("/a?%ff=1"), many, "/" + std::string(9'000, 'a')}) {
    EXPECT_EQ(code_of(ApiRequest::parse(target)), Errc::invalid) << target.substr(0, 40);
  }
}

}  // namespace
}  // namespace cordon
