#include "core/seal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <boost/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "testing/seeded_random.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace json = boost::json;

constexpr const char* kDigits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
constexpr const char* kOthers = "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

std::string line(const std::string& id, const std::string& digits) {
  return id + " " + digits + "\n";
}

SealKeyRing ring_of(const std::string& file) { return SealKeyRing::parse(file).value(); }

const SystemTime kTime = SystemTime(std::chrono::seconds(1795362633));
const SealedPlace kPlace{
    .object = {BucketName("uploads"), ObjectKey("k")}, .etag = ETag("e"), .modified = kTime};

SealOrigin by(const std::string& signatures) {
  return {.signatures = signatures, .deployment = "main@111122223333", .time = kTime};
}

const SealedFacts kFacts{
    .result = "Clean", .date = "2026-11-22T15:50:33Z", .sha256 = std::string(64, 'a'), .bytes = 5};

TEST(Seal, IsWhatAnotherLanguageComputes) {
  const auto document = read_small_file(CORDON_SEAL_VECTORS, 1 << 20);
  ASSERT_TRUE(document) << document.error().what;
  const json::array vectors = json::parse(*document).as_array();
  ASSERT_GE(vectors.size(), 12U);
  for (const json::value& vector : vectors) {
    SCOPED_TRACE(json::serialize(vector.at("name")));
    const auto text = [&](const char* name) {
      return json::value_to<std::string>(vector.at("facts").at(name));
    };
    const SealKeyRing ring = ring_of(line(text("key_id"), text("key_hex")));
    const SealedFacts facts{.result = text("result"),
                            .date = text("date"),
                            .virus = text("virus"),
                            .message = text("message"),
                            .sha256 = text("sha256"),
                            .bytes = vector.at("facts").at("size").to_number<std::uint64_t>()};

    const std::string expected = json::value_to<std::string>(vector.at("seal"));
    const auto seal = parse_seal(expected);
    ASSERT_TRUE(seal) << expected;
    EXPECT_TRUE(ring.holds(*seal, facts));
    EXPECT_EQ(to_string(*seal), expected);
    if (vector.at("form") == "v1") continue;
    const SealOrigin origin{.signatures = text("signatures"),
                            .deployment = text("deployment"),
                            .policy = VerdictPolicy::parse(text("policy")).value(),
                            .time = origin_of(*seal)->time};
    SealedPlace place{.object = {BucketName(text("bucket")), ObjectKey(text("key"))},
                      .etag = ETag(text("etag"))};
    if (!text("version").empty()) place.object.version = VersionId(text("version"));
    if (!text("modified").empty()) place.modified = parse_rfc3339(text("modified")).value();
    EXPECT_EQ(to_string(ring.seal(facts, origin, place)), expected);
  }
}

TEST(Seal, KeysOfTheRingVerifyAndTheFirstOneSigns) {
  const SealKeyRing before = ring_of(line("old", kDigits));
  const SealKeyRing between = ring_of(line("old", kDigits) + line("new", kOthers));
  const SealKeyRing after = ring_of(line("new", kOthers) + line("old", kDigits));
  const SealKeyRing later = ring_of(line("new", kOthers));

  const SealText old_seal = before.seal(kFacts, by("1"), kPlace);
  const SealText new_seal = after.seal(kFacts, by("1"), kPlace);

  EXPECT_EQ(old_seal.key_id, "old");
  EXPECT_EQ(between.seal(kFacts, by("1"), kPlace), old_seal);
  EXPECT_EQ(new_seal.key_id, "new");
  for (const SealKeyRing* ring : {&between, &after}) {
    EXPECT_TRUE(ring->holds(old_seal, kFacts));
    EXPECT_TRUE(ring->holds(new_seal, kFacts));
  }
  EXPECT_FALSE(later.holds(old_seal, kFacts));
  EXPECT_FALSE(later.knows("old"));
}

TEST(Seal, AnotherKeyUnderTheSameIdDoesNotVerify) {
  const SealText seal = ring_of(line("k", kDigits)).seal(kFacts, by("1"), kPlace);

  EXPECT_FALSE(ring_of(line("k", kOthers)).holds(seal, kFacts));
}

TEST(Seal, HasExactlyOneForm) {
  const std::string mac(22, 'A');
  const std::string tail = "." + mac + "." + mac;
  const std::pair<const char*, std::string> kMalformed[] = {
      {"nothing", ""},
      {"dots only", "..."},
      {"another version", "v3.k.1." + mac},
      {"a v2 that is cut", "v2.k.1." + mac},
      {"a v1 with an origin", "v1.k.1.main.1.20261122T155033Z" + tail},
      {"no key id", "v1..1." + mac},
      {"no signature version", "v1.k.." + mac},
      {"a key id with a space", "v1.k k.1." + mac},
      {"a key id that is too long", "v1." + std::string(33, 'k') + ".1." + mac},
      {"a version that is too long", "v1.k." + std::string(65, '1') + "." + mac},
      {"a part too many", "v1.k.1.1." + mac},
      {"a part too few", "v1.k." + mac},
      {"a short mac", "v1.k.1." + std::string(21, 'A')},
      {"a long mac", "v1.k.1." + std::string(23, 'A')},
      {"padding", "v1.k.1." + std::string(20, 'A') + "=="},
      {"plain base 64", "v1.k.1." + std::string(21, 'A') + "+"},
      {"a zero byte", "v1.k.1." + std::string(21, 'A') + std::string(1, '\0')},
      {"a tail", "v1.k.1." + mac + " "},
      {"no deployment", "v2.k.1..1.20261122T155033Z" + tail},
      {"a deployment with a slash", "v2.k.1.a/b.1.20261122T155033Z" + tail},
      {"a deployment that is too long",
       "v2.k.1." + std::string(34, 'd') + ".1.20261122T155033Z" + tail},
      {"no policy", "v2.k.1.main..20261122T155033Z" + tail},
      {"a policy out of order", "v2.k.1.main.1on.20261122T155033Z" + tail},
      {"no time", "v2.k.1.main.1." + tail},
      {"a day that no calendar has", "v2.k.1.main.1.20260230T155033Z" + tail},
      {"another form of time", "v2.k.1.main.1.2026-11-22T15:50" + tail},
      {"a leap second", "v2.k.1.main.1.20261231T235960Z" + tail},
      {"a short place", "v2.k.1.main.1.20261122T155033Z." + mac.substr(1) + "." + mac},
      {"a long mac behind a place", "v2.k.1.main.1.20261122T155033Z" + tail + "A"},
  };
  for (const auto& [what, text] : kMalformed) {
    SCOPED_TRACE(what);
    EXPECT_FALSE(parse_seal(text));
  }
  EXPECT_EQ(parse_seal("v1.k_-9.main-62+ab." + mac)->signatures, "main-62+ab");
  EXPECT_EQ(origin_of(*parse_seal("v1.k.1." + mac)), std::nullopt);
  const auto seal = parse_seal("v2.k.none.main@111122223333.1no.20261122T155033Z" + tail);
  EXPECT_EQ(origin_of(seal.value()),
            (SealOrigin{"", "main@111122223333", VerdictPolicy::parse("1no").value(), kTime}));
}

TEST(Seal, ThatIsAsLongAsCanBeFitsIntoATag) {
  const SealKeyRing ring = ring_of(line(std::string(32, 'k'), kDigits));
  const SealOrigin longest{.signatures = std::string(64, 's'),
                           .deployment = std::string(20, 'd') + "@111122223333",
                           .policy = VerdictPolicy::parse("999abcdefghijklmnopqrstuvwxyz").value(),
                           .time = kTime};

  const std::string text = to_string(ring.seal(kFacts, longest, kPlace));

  EXPECT_LE(text.size(), 256U);
  EXPECT_TRUE(parse_seal(text));
}

TEST(Seal, HoldsAtOnePlaceAlone) {
  const SealKeyRing ring = ring_of(line("k", kDigits));
  const SealText seal = ring.seal(kFacts, by("1"), kPlace);
  SealedFacts unread = kFacts;
  unread.sha256.clear();
  SealedFacts larger = kFacts;
  larger.bytes = 6;
  SealedPlace other_bucket = kPlace, other_key = kPlace, twin = kPlace, later = kPlace,
              version = kPlace;
  other_bucket.object.bucket = BucketName("upload");
  other_key.object.key = ObjectKey("sk");
  twin.etag = ETag("f");
  later.modified += std::chrono::seconds(1);
  version.object.version = VersionId("v");

  EXPECT_TRUE(ring.holds_at(seal, unread, kPlace));
  EXPECT_FALSE(ring.holds_at(seal, larger, kPlace));
  for (const SealedPlace& place : {other_bucket, other_key, twin, later, version}) {
    EXPECT_FALSE(ring.holds_at(seal, unread, place));
    EXPECT_TRUE(ring.holds(seal, kFacts)) << "the content is the same everywhere";
  }
  SealText of_another_scan = ring.seal(kFacts, by("2"), kPlace);
  of_another_scan.place = seal.place;
  EXPECT_FALSE(ring.holds_at(of_another_scan, unread, kPlace));
  SealText old = seal;
  old.form = SealForm::v1;
  EXPECT_FALSE(ring.holds_at(old, unread, kPlace));
}

TEST(Seal, AVersionIsAPlaceWhateverElseIsToldOfIt) {
  const SealKeyRing ring = ring_of(line("k", kDigits));
  SealedPlace version = kPlace;
  version.object.version = VersionId("v");
  SealedPlace retold = version;
  retold.modified += std::chrono::hours(1);
  SealedPlace none = kPlace;
  none.object.version = VersionId("null");

  EXPECT_TRUE(ring.holds_at(ring.seal(kFacts, by("1"), version), kFacts, retold));
  EXPECT_TRUE(ring.holds_at(ring.seal(kFacts, by("1"), none), kFacts, kPlace))
      << "the version null names no bytes";
}

TEST(Seal, MakesAnySignatureVersionFit) {
  EXPECT_EQ(sealable_version("27451"), "27451");
  EXPECT_EQ(sealable_version("main-62+ab12"), "main-62+ab12");
  EXPECT_EQ(sealable_version(""), "none");
  EXPECT_EQ(sealable_version("a.b c/ü"), "a_b_c___");
  EXPECT_EQ(sealable_version(std::string(100, 'x')).size(), 64U);
}

TEST(SealKeyRing, ReadsAFileWithCommentsAndAnyLineEnds) {
  const auto ring = SealKeyRing::parse("# keys\r\n\r\n  k1 \t" + std::string(kDigits) +
                                       "\r\n# older\nk2 " + std::string(kOthers));

  ASSERT_TRUE(ring) << ring.error().what;
  EXPECT_EQ(ring->size(), 2U);
  EXPECT_EQ(ring->signing_key_id(), "k1");
}

TEST(SealKeyRing, RefusesAFileThatIsWrongAndSaysWhereButNeverWhat) {
  const std::string good = line("k1", kDigits);
  std::string many;
  for (int i = 0; i < 17; ++i) many += line("k" + std::to_string(i), kDigits);
  const struct {
    const char* name;
    std::string file;
    const char* says;
  } kCases[] = {
      {"empty", "", "holds no key"},
      {"comments only", "# k1 " + std::string(kDigits), "holds no key"},
      {"no secret", good + "k2", "line 2"},
      {"a short secret", good + "k2 " + std::string(kDigits).substr(2), "line 2"},
      {"a long secret", good + "k2 " + kDigits + "00", "line 2"},
      {"not hex", good + "k2 " + std::string(63, '0') + "g", "line 2"},
      {"an id with a dot", "a.b " + std::string(kDigits), "line 1"},
      {"the same id twice", good + "\n" + good, "line 3"},
      {"too many", many, "line 17"},
      {"too long", std::string(20'000, '#'), "16 KiB"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);

    const auto ring = SealKeyRing::parse(c.file);

    ASSERT_FALSE(ring);
    EXPECT_EQ(ring.error().code, Errc::invalid);
    EXPECT_THAT(ring.error().what, HasSubstr(c.says));
    EXPECT_THAT(ring.error().what, Not(HasSubstr("0102030405")));
  }
}

TEST(SealKeyRing, TakesTheKeysThatItMakes) {
  SeededRandom random;
  const SystemTime now = SystemTime(std::chrono::seconds(1795362633));

  const std::string first = new_seal_key(now, random);
  const std::string second = new_seal_key(now, random);
  const auto ring = SealKeyRing::parse(first + "\n" + second + "\n");

  ASSERT_TRUE(ring) << ring.error().what;
  EXPECT_THAT(ring->signing_key_id(), testing::StartsWith("k20261122-"));
  EXPECT_NE(first.substr(first.find(' ')), second.substr(second.find(' ')));
}

rc::Gen<SealedFacts> any_facts() {
  const auto text = rc::gen::string<std::string>();
  return rc::gen::build<SealedFacts>(
      rc::gen::set(&SealedFacts::result, text), rc::gen::set(&SealedFacts::date, text),
      rc::gen::set(&SealedFacts::virus, text), rc::gen::set(&SealedFacts::message, text),
      rc::gen::set(&SealedFacts::sha256, text),
      rc::gen::set(&SealedFacts::bytes, rc::gen::arbitrary<std::uint64_t>()));
}

const SealKeyRing& two_keys() {
  static const SealKeyRing kRing = ring_of(line("k1", kDigits) + line("k2", kOthers));
  return kRing;
}

RC_GTEST_PROP(SealProperties, ASealGoesThroughItsTextAndHolds, (const std::string& signatures)) {
  const SealedFacts facts = *any_facts();

  const auto seal = parse_seal(to_string(two_keys().seal(facts, by(signatures), kPlace)));

  RC_ASSERT(seal.ok());
  RC_ASSERT(two_keys().holds(*seal, facts));
  RC_ASSERT(two_keys().holds_at(*seal, facts, kPlace));
  RC_ASSERT(seal->signatures == sealable_version(signatures));
}

RC_GTEST_PROP(SealProperties, AnyOtherFactsBreakIt, ()) {
  const SealedFacts facts = *any_facts();
  const SealText seal = two_keys().seal(facts, by("27451"), kPlace);
  SealedFacts other = facts;
  const auto changed = [](const std::string& text) {
    return *rc::gen::distinctFrom(rc::gen::string<std::string>(), text);
  };
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      other.result = changed(facts.result);
      break;
    case 1:
      other.date = changed(facts.date);
      break;
    case 2:
      other.virus = changed(facts.virus);
      break;
    case 3:
      other.message = changed(facts.message);
      break;
    case 4:
      other.sha256 = changed(facts.sha256);
      break;
    default:
      other.bytes = *rc::gen::distinctFrom(facts.bytes);
      break;
  }

  RC_ASSERT(!two_keys().holds(seal, other));
}

// The digest over the content alone lets a seal go wherever the content goes, and is all that binds
// what the seal says of itself.
RC_GTEST_PROP(SealProperties, WhatItSaysOfItselfCannotBeChanged, ()) {
  const SealText seal = two_keys().seal(kFacts, by("27451"), kPlace);
  SealText other = seal;
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      other.signatures = "27452";
      break;
    case 1:
      other.deployment = *rc::gen::element<std::string>("main", "main@111122223334", "a");
      break;
    case 2:
      other.policy = *rc::gen::element<std::string>("1n", "2", "1o");
      break;
    default:
      other.time = iso8601_basic(kTime + std::chrono::seconds(*rc::gen::inRange(1, 100'000)));
      break;
  }

  RC_ASSERT(!two_keys().holds(other, kFacts));
  RC_ASSERT(!two_keys().holds_at(other, kFacts, kPlace));
}

// Without lengths between them, neighbouring fields could lend each other characters.
RC_GTEST_PROP(SealProperties, CharactersThatMoveIntoTheNextFieldBreakIt, ()) {
  const std::string text = *rc::gen::nonEmpty(rc::gen::string<std::string>());
  const auto cut = *rc::gen::inRange<std::size_t>(0, text.size());
  const auto other_cut =
      *rc::gen::distinctFrom(rc::gen::inRange<std::size_t>(0, text.size() + 1), cut);
  const auto facts_at = [&](std::size_t at) {
    return SealedFacts{.result = text.substr(0, at), .date = text.substr(at)};
  };

  RC_ASSERT(
      !two_keys().holds(two_keys().seal(facts_at(cut), by("1"), kPlace), facts_at(other_cut)));
}

RC_GTEST_PROP(SealProperties, AnyOtherTextOfTheSealBreaksIt, ()) {
  const SealText seal = two_keys().seal(kFacts, by("27451"), kPlace);
  std::string text = to_string(seal);
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  text[at] = *rc::gen::distinctFrom(text[at]);

  const auto forged = parse_seal(text);

  const bool holds =
      forged && two_keys().holds(*forged, kFacts) && two_keys().holds_at(*forged, kFacts, kPlace);
  RC_ASSERT(!holds);
}

RC_GTEST_PROP(SealProperties, AnyTextIsASealOrAnError, (std::string text)) {
  text = *rc::gen::element<std::string>("", "v1.", "v2.", "v2.k.1.main.1.") + text;

  const auto seal = parse_seal(text);

  if (seal) RC_ASSERT(to_string(*seal) == text);
  (void)SealKeyRing::parse(text).ok();
  RC_ASSERT(parse_seal("v1.k." + sealable_version(text) + "." + std::string(22, 'A')).ok());
}

}  // namespace
}  // namespace cordon
