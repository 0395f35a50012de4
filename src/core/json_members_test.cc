#include "core/json_members.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

constexpr JsonLimits kLimits{.bytes_max = 1000, .depth_max = 3, .text_bytes_max = 20};

JsonDocument parsed(std::string_view text) { return JsonDocument::parse(text, kLimits).value(); }

TEST(JsonMembers, ReadsWhatIsThere) {
  JsonDocument document =
      parsed(R"({"text":"ü","time":"1970-01-01T00:00:01Z","most":18446744073709551615,"least":-9,)"
             R"("yes":true,"list":["a",""],"inner":{"n":1},"many":[{"n":2},{"n":3}],"none":null})");
  JsonMembers in = document.members();

  EXPECT_EQ(in.text("text"), "ü");
  EXPECT_EQ(in.time("time"), SystemTime(std::chrono::seconds(1)));
  EXPECT_EQ(in.number("most"), 18446744073709551615U);
  EXPECT_EQ(in.signed_number("least"), -9);
  EXPECT_TRUE(in.flag("yes"));
  EXPECT_EQ(in.texts("list", 2), (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(in.object("inner").number("n"), 1U);
  EXPECT_EQ(in.objects("many", 2).at(1).number("n"), 3U);
  EXPECT_EQ(in.maybe_text("none"), std::nullopt);
  EXPECT_EQ(in.maybe_time("absent"), std::nullopt);
  EXPECT_EQ(in.maybe_number("absent"), std::nullopt);
  EXPECT_TRUE(in.maybe_texts("absent", 1).empty());
  EXPECT_TRUE(document.checked());
}

TEST(JsonMembers, RemembersTheFirstThatIsWrongWhereverItStands) {
  using Reader = void (*)(JsonMembers&);
  const std::pair<const char*, Reader> wrong[] = {
      {"absent", [](JsonMembers& in) { in.text("absent"); }},
      {"number", [](JsonMembers& in) { in.maybe_text("number"); }},
      {"long", [](JsonMembers& in) { in.text("long"); }},
      {"long", [](JsonMembers& in) { in.time("long"); }},
      {"text", [](JsonMembers& in) { in.maybe_time("text"); }},
      {"text", [](JsonMembers& in) { in.maybe_number("text"); }},
      {"minus", [](JsonMembers& in) { in.number("minus"); }},
      {"absent", [](JsonMembers& in) { in.signed_number("absent"); }},
      {"absent", [](JsonMembers& in) { in.flag("absent"); }},
      {"text", [](JsonMembers& in) { in.flag("text"); }},
      {"list", [](JsonMembers& in) { in.texts("list", 1); }},
      {"list", [](JsonMembers& in) { in.maybe_texts("list", 2); }},
      {"absent", [](JsonMembers& in) { in.texts("absent", 1); }},
      {"list", [](JsonMembers& in) { in.objects("list", 2); }},
      {"list", [](JsonMembers& in) { in.object("list"); }},
      {"deeper", [](JsonMembers& in) { in.object("inner").text("deeper"); }},
      {"absent", [](JsonMembers& in) { in.object("absent").text("other"); }},
  };
  for (const auto& [name, read] : wrong) {
    SCOPED_TRACE(name);
    JsonDocument document =
        parsed(R"({"text":"a","number":1,"minus":-1,"long":"012345678901234567890",)"
               R"("list":["a",2],"inner":{"deeper":[]}})");
    JsonMembers in = document.members();

    read(in);
    in.wrong("what comes later");

    ASSERT_FALSE(document.checked());
    EXPECT_EQ(document.checked().error().what, std::string(name) + " is not as it should be");
  }
}

TEST(JsonMembers, RefusesWhatIsLargerThanItsLimits) {
  EXPECT_FALSE(JsonDocument::parse(std::string(1001, ' '), kLimits));
  EXPECT_FALSE(JsonDocument::parse(R"({"a":{"b":{"c":{}}}})", kLimits));
  EXPECT_TRUE(JsonDocument::parse(R"({"a":{"b":{}}})", kLimits));
  EXPECT_FALSE(JsonDocument::parse("[]", kLimits));
  EXPECT_FALSE(JsonDocument::parse("{\"a\":\"\xff\"}", kLimits));
}

}  // namespace
}  // namespace cordon
