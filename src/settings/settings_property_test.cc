#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "settings/settings_document.h"
#include "testing/fixed_seed.h"

namespace cordon {
namespace {

template <typename T>
rc::Gen<T> one_of(std::vector<T> values) {
  return rc::gen::elementOf(std::move(values));
}

std::string any_bucket() {
  return *one_of<std::string>({"aaa", "staging", "Legacy_Bucket", "a.b-c", "production"});
}

std::string any_prefix() {
  return *one_of<std::string>({"", "a", "a/b", "\xC3\xBC/\xF0\x9F\x98\x80", "quote\"back\\slash"});
}

RouteStep any_transfer() {
  const auto kind = *one_of<RouteStep::Kind>({RouteStep::Kind::move, RouteStep::Kind::copy});
  return {kind, Destination{BucketName("to-" + any_bucket()), any_prefix()}};
}

Route any_route() {
  using Kind = RouteStep::Kind;
  Route route = {
      *one_of<RouteStep>({{Kind::keep}, {Kind::remove}, {Kind::quarantine}, {Kind::keep}})};
  const int more = *rc::gen::inRange(0, 4);
  for (int i = 0; i < more; ++i) {
    const RouteStep step = any_transfer();
    if (std::find(route.begin(), route.end(), step) == route.end()) route.push_back(step);
  }
  return route;
}

std::vector<std::string> any_patterns() {
  return *rc::gen::container<std::vector<std::string>>(
      one_of<std::string>({"**", "*.pdf", "in/**", "\xC3\xBC?", "a\nb", "\t"}));
}

/// What is included is never nothing.
std::vector<std::string> some_patterns() {
  std::vector<std::string> patterns = any_patterns();
  if (patterns.empty()) patterns = {"**"};
  return patterns;
}

template <typename T>
std::optional<T> perhaps(T (*make)()) {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  return make();
}

SkipScanned any_skip() {
  return *one_of<SkipScanned>({SkipScanned::sealed, SkipScanned::tagged, SkipScanned::never});
}
std::chrono::hours any_age() {
  return std::chrono::hours(*one_of<int>({0, 1, 24, 36, 999, 90 * 24, 999 * 24}));
}
Collision any_collision() { return *one_of<Collision>({Collision::version, Collision::fail}); }

bool any_boolean() { return *rc::gen::arbitrary<bool>(); }

BucketName any_quarantine() { return BucketName(*one_of<std::string>({"q-1", "q.2"})); }

PolicyOverride any_override() {
  return {.skip_scanned = perhaps(any_skip),
          .skip_scanned_max_age = perhaps(any_age),
          .collision = perhaps(any_collision),
          .promote_without_conditions = perhaps(any_boolean),
          .quarantine = perhaps(any_quarantine),
          .include = perhaps(some_patterns),
          .exclude = perhaps(any_patterns),
          .on_clean = perhaps(any_route),
          .on_infected = perhaps(any_route),
          .on_unscannable = perhaps(any_route),
          .on_suspicious = perhaps(any_route),
          .on_error = perhaps(any_route)};
}

Settings any_settings() {
  Settings settings;
  settings.tags.enabled = *rc::gen::arbitrary<bool>();
  settings.tags.keys.result = *one_of<std::string>({"scan-result", "verdict", "a b@c"});
  settings.tags.exclude = *one_of<std::vector<std::string>>({{}, {"message"}, {"scan-seal"}});
  settings.results.cloudwatch = *rc::gen::arbitrary<bool>();
  settings.results.eventbridge = *rc::gen::arbitrary<bool>();
  settings.notifications.enabled = *rc::gen::arbitrary<bool>();
  settings.notifications.region = *one_of<std::optional<Region>>({{}, Region("eu-west-1")});
  Policy& defaults = settings.policies.defaults;
  defaults = {
      any_skip(),      any_age(),      any_collision(), any_boolean(), perhaps(any_quarantine),
      some_patterns(), any_patterns(), any_route(),     any_route(),   any_route(),
      any_route(),     any_route()};
  for (const char* region : {"eu-west-1", "us-east-1"}) {
    if (*rc::gen::arbitrary<bool>()) settings.policies.regions[Region(region)] = any_override();
  }
  std::set<std::pair<std::string, std::string>> places;
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) places.emplace(any_bucket(), any_prefix());
  for (const auto& [bucket, prefix] : places) {
    settings.policies.buckets.push_back({BucketName(bucket), prefix, any_override()});
  }
  settings.engine.recycle_after = *one_of<std::optional<std::uint64_t>>({{}, 1, 1'000'000'000});
  for (UnopenedContent* choice :
       {&settings.engine.unopened.archive, &settings.engine.unopened.disk_image,
        &settings.engine.unopened.mail_store, &settings.engine.unopened.installer,
        &settings.engine.unopened.backup}) {
    *choice = *rc::gen::element(UnopenedContent::unscannable, UnopenedContent::clean);
  }
  settings.brake = {.enabled = *rc::gen::arbitrary<bool>(),
                    .infected_min = *rc::gen::inRange<std::uint64_t>(1, 10'001),
                    .share = *rc::gen::inRange<std::uint64_t>(1, 101),
                    .window = *rc::gen::element<std::string>("off", "1h", "999h")};
  const int allowed = *rc::gen::inRange(0, 3);
  for (int i = 0; i < allowed; ++i) {
    AllowEntry entry{.sha256 = std::string(64, "0af9"[i]), .signature = "Win.\xC3\xBC"};
    if (*rc::gen::arbitrary<bool>()) {
      entry.bucket = BucketName(any_bucket());
      entry.prefix = any_prefix();
      entry.expires = SystemTime(
          std::chrono::milliseconds(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000)));
    }
    settings.allow.push_back(std::move(entry));
  }
  const int members = *rc::gen::inRange(0, 3);
  for (int i = 0; i < members; ++i) {
    const std::string id = "11112222333" + std::to_string(i);
    MemberAccount account{.id = AccountId(id), .role_arn = "arn:aws:iam::" + id + ":role/r"};
    if (*rc::gen::arbitrary<bool>()) account.external_id = "id-" + id;
    account.buckets = {BucketName("member-" + id)};
    settings.accounts.push_back(std::move(account));
  }
  return settings;
}

RC_GTEST_PROP(SettingsProperty, ADocumentGivesBackWhatItWasWrittenFrom, ()) {
  const Settings settings = any_settings();
  const std::string document = to_document(settings);

  const SettingsReading reading = read_settings(document, SettingsFormat::json);

  RC_ASSERT(reading.settings.has_value());
  RC_ASSERT(*reading.settings == settings);
  RC_ASSERT(to_document(*reading.settings) == document);
}

// A document in which anything is damaged is refused or means something else; it never aborts.
RC_GTEST_PROP(SettingsProperty, ADamagedDocumentIsReadOrRefusedWhole, ()) {
  std::string document = to_document(any_settings());
  const auto at = *rc::gen::inRange<std::size_t>(0, document.size());
  document[at] = *rc::gen::arbitrary<char>();

  for (const SettingsFormat format : {SettingsFormat::json, SettingsFormat::toml}) {
    const SettingsReading reading = read_settings(document, format);
    RC_ASSERT(reading.settings.has_value() == reading.problems.empty());
  }
}

}  // namespace
}  // namespace cordon
