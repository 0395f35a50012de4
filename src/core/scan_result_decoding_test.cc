#include "core/scan_result_decoding.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "base/text.h"
#include "core/result_document.h"

namespace cordon {
namespace {

template <typename T>
T any_of(std::vector<T> values) {
  return *rc::gen::elementOf(std::move(values));
}

std::string any_text() {
  return any_of<std::string>({"", "a", "a b/\xC3\xBC.pdf", "\xF0\x9F\x98\x80", "quote\"back\\slash",
                              std::string("nul\0nul", 7), "line\nfeed", "{\"result\":\"Clean\"}"});
}
template <typename Id>
Id any_id() {
  return Id(any_text());
}
std::uint64_t any_u64() {
  return any_of<std::uint64_t>({0, 1, std::uint64_t{1} << 53U, (std::uint64_t{1} << 53U) + 1,
                                std::uint64_t{1} << 63U,
                                std::numeric_limits<std::uint64_t>::max()});
}
std::int64_t any_i64() {
  return any_of<std::int64_t>({0, 85, -1, std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max()});
}
SystemTime any_time() {
  return SystemTime(std::chrono::milliseconds(
      any_of<std::int64_t>({0, 1, -1, 999, 1'700'000'000'123, 4'000'000'000'000})));
}
bool any_flag() { return *rc::gen::arbitrary<bool>(); }

template <typename T>
std::optional<T> perhaps(T (*make)()) {
  if (any_flag()) return std::nullopt;
  return make();
}

Reason any_reason() {
  return any_of<Reason>({Reason::encrypted, Reason::too_large, Reason::limit, Reason::archived,
                         Reason::sse_c, Reason::unsupported, Reason::engine_crash, Reason::timeout,
                         Reason::coverage, Reason::access_denied, Reason::kms, Reason::staging,
                         Reason::integrity});
}

Verdict any_verdict() {
  Verdict verdict{.disposition = any_of<Disposition>(
                      {Disposition::clean, Disposition::infected, Disposition::infected_allowed,
                       Disposition::suspicious, Disposition::unscannable, Disposition::error}),
                  .message = any_text(),
                  .bytes_scanned = any_u64()};
  if (verdict.disposition == Disposition::unscannable ||
      verdict.disposition == Disposition::error) {
    verdict.reason = any_reason();
  } else if (verdict.disposition != Disposition::clean) {
    const int names = *rc::gen::inRange(1, 4);
    for (int i = 0; i < names; ++i) verdict.virus_names.push_back(any_text());
  }
  return verdict;
}

ActionRecord any_action() {
  return {.kind = any_of<ActionKind>(
              {ActionKind::keep, ActionKind::remove, ActionKind::move, ActionKind::copy}),
          .bucket = perhaps(any_id<BucketName>),
          .key = perhaps(any_id<ObjectKey>),
          .status =
              any_of<ActionStatus>({ActionStatus::done, ActionStatus::pending, ActionStatus::failed,
                                    ActionStatus::skipped, ActionStatus::held}),
          .detail = perhaps(any_text)};
}

ScanResult any_result() {
  ScanResult result{
      .id = any_of<std::string>({"01JD0000000000000000000000", "x"}),
      .deployment = any_text(),
      .account = perhaps(any_id<AccountId>),
      .region = perhaps(any_id<Region>),
      .agent = any_text(),
      .source = any_of<EventSource>({EventSource::s3_event, EventSource::eventbridge,
                                     EventSource::gateway, EventSource::retro, EventSource::cli}),
      .bucket = perhaps(any_id<BucketName>),
      .key = perhaps(any_id<ObjectKey>),
      .path = perhaps(any_text),
      .version = perhaps(any_id<VersionId>),
      .etag = perhaps(any_id<ETag>),
      .size = perhaps(any_u64),
      .sequencer = perhaps(any_text),
      .event_time = perhaps(any_time),
      .scanned_at = any_time(),
      .verdict = any_verdict(),
      .skipped = any_flag(),
      .sha256 = perhaps(any_text),
      .engine = perhaps(any_text),
      .signatures = perhaps(any_text),
      .millis = {any_i64(), any_i64(), any_i64(), any_i64()},
      .uploaded_by = perhaps(any_text),
      .attempt = any_of<int>({1, 5, std::numeric_limits<int>::max()}),
      .tagging = any_of<TaggingState>(
          {TaggingState::off, TaggingState::done, TaggingState::no_room, TaggingState::failed})};
  const int actions = *rc::gen::inRange(0, 4);
  for (int i = 0; i < actions; ++i) result.actions.push_back(any_action());
  return result;
}

RC_GTEST_PROP(ScanResultDecoding, GivesBackEveryResultThatWasWritten, ()) {
  const ScanResult result = any_result();

  const Result<ScanResult> plain = decode_scan_result(to_json(result));
  const Result<ScanResult> escaped = decode_scan_result(ascii_json(to_json(result)));

  RC_ASSERT(plain.ok() && *plain == result);
  RC_ASSERT(escaped.ok() && *escaped == result);
}

ScanResult example() {
  ScanResult result{.id = "01JD0000000000000000000000", .deployment = "main", .agent = "i-0abc/1"};
  result.bucket = BucketName("uploads");
  result.key = ObjectKey("a");
  result.verdict = infected_verdict({"Win.Test"}, 5);
  result.actions = {{ActionKind::move, BucketName("q"), ObjectKey("k"), ActionStatus::done}};
  return result;
}

std::string with(const std::string& old, const std::string& text) {
  std::string line = to_json(example());
  const std::size_t place = line.find(old);
  EXPECT_NE(place, std::string::npos) << old;
  return line.replace(place, old.size(), text);
}

TEST(ScanResultDecoding, PassesOverWhatItDoesNotKnow) {
  const std::string added = with("\"skipped\"", "\"later\":{\"deep\":[1,{}]},\"skipped\"");

  EXPECT_EQ(decode_scan_result(added).value(), example());
  EXPECT_EQ(decode_scan_result(notification_body(example(), 1U << 16U).value()).value(), example());
}

TEST(ScanResultDecoding, RefusesWhatIsNone) {
  std::string names = "\"a\"";
  for (int i = 0; i < 10'000; ++i) names += ",\"a\"";
  std::string actions = "{\"kind\":\"keep\",\"status\":\"done\"}";
  for (int i = 0; i < 1'000; ++i) actions += ",{\"kind\":\"keep\",\"status\":\"done\"}";
  const std::pair<const char*, std::string> bad[] = {
      {"nothing", ""},
      {"a list", "[]"},
      {"a deep list", std::string(100'000, '[')},
      {"cut", to_json(example()).substr(0, 100)},
      {"two of them", to_json(example()) + to_json(example())},
      {"not UTF-8", with("uploads", "up\xffloads")},
      {"half a surrogate pair", with("uploads", "up\\ud800loads")},
      {"longer than a message", with("uploads", std::string(kScanResultBytesMax, 'a'))},
      {"another schema", with("scan-result/1", "scan-result/2")},
      {"no schema", with("\"schema\"", "\"scheme\"")},
      {"no id", with("\"01JD0000000000000000000000\"", "null")},
      {"an empty id", with("01JD0000000000000000000000", "")},
      {"a long id", with("01JD0000000000000000000000", std::string(65, '0'))},
      {"a bucket that is a number", with("\"uploads\"", "7")},
      {"a long key", with("\"key\":\"a\"", "\"key\":\"" + std::string(16'385, 'a') + "\"")},
      {"a negative size", with("\"size\":null", "\"size\":-1")},
      {"a size with a fraction", with("\"size\":null", "\"size\":1.5")},
      {"a size as text", with("\"size\":null", "\"size\":\"1\"")},
      {"a size beyond 64 bits", with("\"size\":null", "\"size\":18446744073709551616")},
      {"no time", with("\"scannedAt\"", "\"scanned\"")},
      {"a time that is none", with("\"eventTime\":null", "\"eventTime\":\"yesterday\"")},
      {"another source", with("\"s3-event\"", "\"telepathy\"")},
      {"another verdict", with("\"Infected\"", "\"Fine\"")},
      {"a verdict in other letters", with("\"Infected\"", "\"infected\"")},
      {"clean with a name", with("\"Infected\"", "\"Clean\"")},
      {"infected without a name", with("[\"Win.Test\"]", "[]")},
      {"infected with a reason", with("\"reason\":null", "\"reason\":\"limit\"")},
      {"an unknown reason", with("\"reason\":null", "\"reason\":\"boredom\"")},
      {"names that are no list", with("[\"Win.Test\"]", "\"Win.Test\"")},
      {"a name that is a number", with("[\"Win.Test\"]", "[1]")},
      {"too many names", with("\"Win.Test\"", names)},
      {"skipped that is a text", with("\"skipped\":false", "\"skipped\":\"false\"")},
      {"millis that are a number", with("\"millis\":{", "\"millis\":3,\"other\":{")},
      {"millis without one of them", with("\"fetch\"", "\"fetched\"")},
      {"an attempt beyond an int", with("\"attempt\":1", "\"attempt\":2147483648")},
      {"another tagging", with("\"off\"", "\"on\"")},
      {"another kind of action", with("\"move\"", "\"burn\"")},
      {"an action without a status", with("\"status\"", "\"state\"")},
      {"an action that is a text", with("\"actions\":[", "\"actions\":[\"keep\",")},
      {"too many actions", with("\"actions\":[", "\"actions\":[" + actions + ",")},
      {"no actions", with("\"actions\"", "\"acts\"")},
  };

  for (const auto& [what, text] : bad) {
    SCOPED_TRACE(what);
    const Result<ScanResult> result = decode_scan_result(text);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::invalid);
  }
}

TEST(ScanResultDecoding, SaysWhichMemberIsWrong) {
  EXPECT_EQ(decode_scan_result(with("\"off\"", "\"on\"")).error().what,
            "no scan result: tagging is not as it should be");
}

}  // namespace
}  // namespace cordon
