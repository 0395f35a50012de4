#include "brake/brake_document.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

SystemTime at(int seconds) { return SystemTime(std::chrono::seconds(1'700'000'000 + seconds)); }

TEST(BrakeDocument, GivesBackWhatItWasWrittenFrom) {
  const BrakeState state{.phase = BrakeState::Phase::rejected,
                         .set = "27451",
                         .names = {"A", "B\"\n"},
                         .agent = "host/1",
                         .since = at(1),
                         .scanned = 100,
                         .infected = 12,
                         .decided_at = at(2),
                         .decided_by = "somebody",
                         .ignored = {"A"},
                         .rejected_sets = {"27450"}};
  const BrakeHistory history{
      .set = "1", .since = at(3), .scanned = 7, .infected = 1, .names = {"Old"}};
  const HeldObject held{.object = {BucketName("b"), ObjectKey("k \xC3\xBC"), VersionId("v")},
                        .etag = ETag("e"),
                        .size = 5,
                        .names = {"A"},
                        .set = "27451",
                        .result_id = "id",
                        .held_at = at(4)};

  const BrakePull pull{.set = "27451",
                       .names = {"A"},
                       .agent = "host/1",
                       .since = at(1),
                       .scanned = 100,
                       .infected = 12};

  EXPECT_EQ(parse_brake_pull(to_json(pull)).value(), pull);
  EXPECT_EQ(parse_brake_state(to_json(state)).value(), state);
  EXPECT_EQ(parse_brake_history(to_json(history)).value(), history);
  EXPECT_EQ(parse_held_object(to_json(held)).value(), held);
}

TEST(BrakeDocument, RefusesWhatIsNone) {
  const std::string good = to_json(BrakeState{.phase = BrakeState::Phase::holding});
  ASSERT_TRUE(parse_brake_state(good));
  const auto with = [&](const std::string& old, const std::string& text) {
    std::string changed = good;
    changed.replace(changed.find(old), old.size(), text);
    return changed;
  };
  std::string many = "[";
  for (std::size_t i = 0; i <= kBrakeNamesMax; ++i) many += (i == 0 ? "\"a\"" : ",\"a\"");
  const std::vector<std::pair<const char*, std::string>> bad = {
      {"nothing", ""},
      {"cut", good.substr(0, good.size() / 2)},
      {"a list", "[]"},
      {"deep", std::string(100, '[') + std::string(100, ']')},
      {"another schema", with("cordon.brake/1", "cordon.brake/2")},
      {"another state", with("\"holding\"", "\"released\"")},
      {"a negative number", with("\"scanned\":0", "\"scanned\":-1")},
      {"a number that readers of JSON round",
       with("\"scanned\":0", "\"scanned\":9007199254740993")},
      {"a text for a number", with("\"scanned\":0", "\"scanned\":\"0\"")},
      {"no list of names", with("\"names\":[]", "\"names\":{}")},
      {"a number as a name", with("\"names\":[]", "\"names\":[1]")},
      {"an empty name", with("\"names\":[]", "\"names\":[\"\"]")},
      {"a long name", with("\"names\":[]", "\"names\":[\"" + std::string(257, 'x') + "\"]")},
      {"too many names", with("\"ignored\":[]", "\"ignored\":" + many + "]")},
      {"no time", with("\"since\":null", "\"since\":\"yesterday\"")},
  };

  for (const auto& [what, text] : bad) {
    SCOPED_TRACE(what);
    EXPECT_FALSE(parse_brake_state(text));
    EXPECT_FALSE(parse_brake_pull(text));
    EXPECT_FALSE(parse_brake_history(text));
    EXPECT_FALSE(parse_held_object(text));
  }
}

// What is in it is refused as in a state, which another schema would hide.
TEST(BrakeDocument, RefusesAPullThatIsNone) {
  const std::string good = to_json(BrakePull{.set = "1"});
  ASSERT_TRUE(parse_brake_pull(good));
  for (const auto& [old, text] :
       {std::pair("\"scanned\":0", "\"scanned\":-1"), std::pair("\"names\":[]", "\"names\":[1]"),
        std::pair("\"since\":null", "\"since\":\"yesterday\""),
        std::pair("brake-pull/1", "brake-pull/2")}) {
    std::string changed = good;
    changed.replace(changed.find(old), std::string(old).size(), text);
    EXPECT_FALSE(parse_brake_pull(changed)) << changed;
  }
}

TEST(BrakeDocument, AHeldObjectWithoutAPlaceIsNone) {
  EXPECT_FALSE(parse_held_object(to_json(HeldObject{.object = {BucketName("b"), ObjectKey("")}})));
  EXPECT_FALSE(parse_held_object(to_json(HeldObject{.object = {BucketName(""), ObjectKey("k")}})));
}

TEST(BrakeDocument, OneStateOfAnObjectHasOneRecord) {
  const HeldObject one{.object = {BucketName("b"), ObjectKey("k")}, .etag = ETag("e")};
  HeldObject again = one;
  again.result_id = "another";
  HeldObject other = one;
  other.etag = ETag("f");

  EXPECT_EQ(held_id(one), held_id(again));
  EXPECT_NE(held_id(one), held_id(other));
}

}  // namespace
}  // namespace cordon
