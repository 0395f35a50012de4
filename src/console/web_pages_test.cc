#include "console/web_pages.h"

#include <gtest/gtest.h>

#include <string>

namespace cordon {
namespace {

constexpr WebFile kFiles[] = {
    {"/assets/main-1.js", "text/javascript; charset=utf-8", "aa", "script", "br-script",
     "gzip-script"},
    {"/icon.svg", "image/svg+xml", "bb", "icon", "", ""},
    {"/index.html", "text/html; charset=utf-8", "cc", "page", "br-page", "gzip-page"},
};

class WebPagesTest : public testing::Test {
 protected:
  ServerResponse get(const std::string& target, const char* accepted = nullptr,
                     const char* known = nullptr) const {
    ServerRequest request{.method = "GET", .target = target};
    if (accepted != nullptr) request.headers.add("Accept-Encoding", accepted);
    if (known != nullptr) request.headers.add("If-None-Match", known);
    return pages_.answer(request);
  }

  WebPages pages_{kFiles};
};

TEST_F(WebPagesTest, SendsTheFormThatTheClientTakes) {
  const struct {
    const char* accepted;
    const char* body;
    const char* coding;
    const char* tag;
  } kCases[] = {
      {nullptr, "script", nullptr, "\"aa\""},
      {"deflate", "script", nullptr, "\"aa\""},
      {"gzip, deflate, br, zstd", "br-script", "br", "\"aa-br\""},
      {"gzip, br;q=0", "gzip-script", "gzip", "\"aa-gzip\""},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.body);
    const ServerResponse found = get("/assets/main-1.js", one.accepted);
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(found.body, one.body);
    EXPECT_EQ(found.headers.get("ETag"), one.tag);
    EXPECT_EQ(found.headers.get("Content-Encoding").value_or("none"),
              std::string_view(one.coding == nullptr ? "none" : one.coding));
    EXPECT_EQ(found.headers.get("Vary"), "Accept-Encoding");
    EXPECT_EQ(found.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  }
  EXPECT_EQ(get("/icon.svg", "br, gzip").body, "icon");  // Nothing made it smaller.
}

TEST_F(WebPagesTest, SaysThatAFormIsStillTheSame) {
  const ServerResponse same = get("/assets/main-1.js", "br", "W/\"aa-br\"");

  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  EXPECT_EQ(same.headers.get("ETag"), "\"aa-br\"");
  EXPECT_EQ(get("/assets/main-1.js", "gzip", "\"aa-br\"").status, 200);  // These are other bytes.
}

TEST_F(WebPagesTest, KeepsForEverOnlyWhatHasItsDigestInItsName) {
  EXPECT_EQ(get("/assets/main-1.js").headers.get("Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(get("/icon.svg").headers.get("Cache-Control"), "no-cache");
  EXPECT_EQ(get("/").headers.get("Cache-Control"), "no-cache");
}

TEST_F(WebPagesTest, AnswersEveryPathOfTheUiWithItsPage) {
  for (const char* target : {"/", "/?theme=dark", "/problems", "/problems/7?state=open",
                             "/%2e%2e/x", "/index.html", "//problems", "/assets"}) {
    SCOPED_TRACE(target);
    EXPECT_EQ(get(target).status, 200);
    EXPECT_EQ(get(target).body, "page");
  }
}

TEST_F(WebPagesTest, DoesNotGiveThePageForAFileThatIsNoMore) {
  for (const char* target : {"/assets/main-0.js", "/assets/", "/assets/../index.html"}) {
    SCOPED_TRACE(target);
    EXPECT_EQ(get(target).status, 404);
    EXPECT_EQ(get(target).headers.get("Cache-Control"), "no-store");
  }
}

TEST_F(WebPagesTest, LetsAPageDoNothingButAskThisConsole) {
  for (const char* target : {"/", "/assets/main-1.js", "/icon.svg"}) {
    SCOPED_TRACE(target);
    const ServerResponse found = get(target);
    EXPECT_EQ(found.headers.get("Content-Security-Policy"),
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
              "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
              "frame-ancestors 'none'; require-trusted-types-for 'script'");
    EXPECT_EQ(found.headers.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(found.headers.get("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(found.headers.get("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(found.headers.get("Cross-Origin-Resource-Policy"), "same-origin");
  }
}

TEST_F(WebPagesTest, SaysThatThereIsNoUi) {
  const WebPages without{{}};

  const ServerResponse found = without.answer({.method = "GET", .target = "/"});

  EXPECT_EQ(found.status, 404);
  EXPECT_NE(found.body.find("-DCORDON_WEB=OFF"), std::string::npos);
}

}  // namespace
}  // namespace cordon
