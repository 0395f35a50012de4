#include "settings/settings_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "base/text.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SettingsReading read_toml(const std::string& text) {
  return read_settings(text, SettingsFormat::toml);
}
SettingsReading read_json(const std::string& text) {
  return read_settings(text, SettingsFormat::json);
}

std::string problems_of(const SettingsReading& reading) {
  std::string text;
  for (const SettingsProblem& problem : reading.problems) text += to_string(problem, "f") + "\n";
  return text;
}

std::string example(const std::string& path) {
  return read_small_file(std::filesystem::path(CORDON_SETTINGS_TESTDATA) / path, 1 << 20).value();
}

TEST(SettingsDocument, WhatIsLeftOutIsAsUsual) {
  const SettingsReading reading = read_toml("schema = 1");

  ASSERT_TRUE(reading.settings) << problems_of(reading);
  EXPECT_EQ(*reading.settings, Settings());
}

TEST(SettingsDocument, EveryMemberIsTaken) {
  const SettingsReading reading = read_toml(example("valid/everything.toml"));

  ASSERT_TRUE(reading.settings) << problems_of(reading);
  const Settings& all = *reading.settings;
  EXPECT_FALSE(all.tags.enabled);
  EXPECT_EQ(all.tags.keys,
            (TagKeys{"verdict", "av:date", "av:seal", "av:message", "av:virus", "av:by"}));
  EXPECT_THAT(all.tags.exclude, ElementsAre("uploaded-by", "date-scanned"));
  EXPECT_EQ(all.results, (ResultSettings{ConsoleResults::all, false, true}));
  EXPECT_EQ(
      all.notifications,
      (NotificationSettings{
          true, Region("eu-central-1"), {Disposition::clean, Disposition::infected_allowed}}));
  const Policy& defaults = all.policies.defaults;
  using Kind = RouteStep::Kind;
  EXPECT_EQ(defaults.skip_scanned, SkipScanned::tagged);
  EXPECT_EQ(defaults.skip_scanned_max_age, std::chrono::hours(90 * 24));
  EXPECT_EQ(defaults.collision, Collision::fail);
  EXPECT_TRUE(defaults.promote_without_conditions);
  EXPECT_THAT(defaults.include, ElementsAre("in/**", "*.pdf"));
  EXPECT_THAT(defaults.exclude, ElementsAre("**/*.tmp"));
  EXPECT_EQ(defaults.on_clean,
            (Route{{Kind::copy, Destination{BucketName("archive"), ""}}, {Kind::keep}}));
  EXPECT_EQ(defaults.on_infected, Route{{Kind::remove}});
  EXPECT_EQ(defaults.on_unscannable, Route{{Kind::quarantine}});
  EXPECT_EQ(defaults.on_suspicious,
            (Route{{Kind::move, Destination{BucketName("checked"), "by hand"}}}));
  EXPECT_EQ(defaults.on_error.size(), 2U);
  EXPECT_EQ(all.policies.regions.size(), 2U);
  EXPECT_EQ(all.policies.regions.at(Region("eu-west-1")),
            (PolicyOverride{.skip_scanned = SkipScanned::never,
                            .skip_scanned_max_age = std::chrono::hours(0)}));
  ASSERT_EQ(all.policies.buckets.size(), 2U);
  EXPECT_EQ(all.policies.buckets[1].prefix, "raw/\xC3\xBC/");
  EXPECT_EQ(all.policies.buckets[1].stated,
            (PolicyOverride{.include = std::vector<std::string>{"**"},
                            .exclude = std::vector<std::string>{},
                            .on_clean = Route{{Kind::keep}}}));
  EXPECT_EQ(all.engine, (EngineSettings{60, 1, true, false, EncryptedContent::infected,
                                        OpaqueContent::unscannable,
                                        UnopenedSettings{.disk_image = UnopenedContent::clean}}));
  EXPECT_THAT(may_stay_unopened(all.engine.unopened), ElementsAre(ContentClass::disk_image));
  EXPECT_TRUE(may_stay_unopened(EngineSettings{}.unopened).empty());
  ASSERT_EQ(all.allow.size(), 2U);
  EXPECT_EQ(all.allow[0].sha256,
            "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f");
  EXPECT_EQ(all.allow[1].expires, parse_rfc3339("2027-01-31T11:00:00Z").value());
}

TEST(SettingsDocument, SealsSayWhatItLetsBeClean) {
  EXPECT_EQ(verdict_policy({}).code(), "1nop");
  EXPECT_EQ(verdict_policy(read_toml(example("valid/everything.toml")).settings->engine).code(),
            "1de");
  const UnopenedContent clean = UnopenedContent::clean;
  EXPECT_EQ(verdict_policy({.detect_macros = true,
                            .encrypted = EncryptedContent::infected,
                            .opaque = OpaqueContent::unscannable})
                .code(),
            "1");
  EXPECT_EQ(verdict_policy({.max_scan_seconds = 1,
                            .recycle_after = 1,
                            .unopened = {clean, clean, clean, clean, clean}})
                .code(),
            "1abdimnop");
}

TEST(SettingsDocument, TheCanonicalDocumentSaysTheSameInEveryFormat) {
  const Settings settings = *read_toml(example("valid/everything.toml")).settings;
  const std::string document = to_document(settings);

  EXPECT_EQ(read_json(document).settings, settings);
  EXPECT_EQ(read_json(to_json_line(settings)).settings, settings);
  EXPECT_EQ(to_document(*read_json(document).settings), document);
  EXPECT_EQ(to_json_line(settings).find('\n'), std::string::npos);
}

TEST(SettingsDocument, TheCanonicalDocumentIsForPeopleToo) {
  Settings settings;
  settings.policies.buckets = {
      {BucketName("staging"),
       "",
       {.on_clean = Route{{RouteStep::Kind::move, Destination{BucketName("production"), "in"}}}}}};

  const std::string document = to_document(settings);

  EXPECT_THAT(document, HasSubstr("\n  \"buckets\": [\n    {\n      \"name\": \"staging\",\n"));
  EXPECT_THAT(document, HasSubstr("\n        \"clean\": [{\"move\":\"production/in\"}]\n"));
  EXPECT_THAT(document, HasSubstr("\"infected\": [\"quarantine\"]"));
  EXPECT_TRUE(document.ends_with("\n}\n"));
}

struct Mistake {
  const char* what;
  const char* document;
  const char* expected;
};

TEST(SettingsDocument, MistakesAreNamedWithLineAndKeyAndWhatWasMeant) {
  const Mistake kMistakes[] = {
      {"a misspelt section", "schema = 1\n\n[tag]\nenabled = true",
       "f:3: tag: there is no such key here; did you mean \"tags\"?"},
      {"a misspelt key", "schema = 1\n[defaults]\n\nskip_scaned = \"never\"",
       "f:4: defaults.skip_scaned: there is no such key here; did you mean \"skip_scanned\"?"},
      {"another way of writing", "schema = 1\n[engine]\nmaxScanSeconds = 5",
       "f:3: engine.maxScanSeconds: there is no such key here; did you mean \"max_scan_seconds\"?"},
      {"swapped letters in a step", "schema = 1\n[defaults]\non.clean = [\"qaurantine\"]",
       "f:3: defaults.on.clean[0]: one of keep, delete, quarantine is expected; did you mean "
       "\"quarantine\"?"},
      {"the case of a verdict", "schema = 1\n[notifications]\nverdicts = [\"Clean\", \"infected\"]",
       "f:3: notifications.verdicts[1]: one of Clean, Infected, InfectedAllowed, Unscannable, "
       "Error, Suspicious is expected; did you mean \"Infected\"?"},
      {"a list over lines", "schema = 1\n[defaults]\non.clean = [\n  \"keep\",\n  \"dlete\",\n]",
       "f:5: defaults.on.clean[1]: one of keep, delete, quarantine is expected; did you mean "
       "\"delete\"?"},
      {"the second bucket", "schema = 1\n[[buckets]]\nname = \"aaa\"\n\n[[buckets]]\nnmae = \"b\"",
       "f:6: buckets[1].nmae: there is no such key here; did you mean \"name\"?"},
      {"what is missing there", "schema = 1\n[[buckets]]\nname = \"aaa\"\n\n[[buckets]]\nnmae = 1",
       "f:5: buckets[1]: \"name\" is missing: The bucket"},
      {"something else altogether", "schema = 1\n[results]\ncolour = \"red\"",
       "f:3: results.colour: there is no such key here; there are console, cloudwatch, "
       "eventbridge"},
      {"a wrong kind", "schema = 1\n[tags]\nenabled = \"yes\"",
       "f:3: tags.enabled: true or false is expected, not a text"},
      {"a step without destination", "schema = 1\n[defaults]\non.clean = [\"move\"]",
       "f:3: defaults.on.clean[0]: this step needs a destination: {move = \"bucket/prefix\"}"},
      {"TOML that is none", "schema = 1\n[tags\n", "f:2: this is not TOML that can be read: "},
      {"letters outside of texts", "schema = 1\n\xC3\xBC\xCE\xA1\xD0\x96 = 1",
       "f:2: this is not TOML that can be read: "},
      {"a bracket too many", "schema = 1\n[[[tags]]]", "f:2: this is not TOML that can be read: "},
      {"a key twice", "schema = 1\nschema = 1", "f:2: this is not TOML that can be read: "},
      {"another version", "schema = 7", "f:1: schema: 1 is the only schema"},
      {"the same bucket twice",
       "schema = 1\n[[buckets]]\nname = \"aaa\"\n[[buckets]]\nname=\"aaa\"",
       "f:4: buckets[1]: bucket aaa with this prefix stands in the list already"},
  };
  for (const Mistake& mistake : kMistakes) {
    SCOPED_TRACE(mistake.what);
    const SettingsReading reading = read_toml(mistake.document);

    EXPECT_FALSE(reading.settings);
    EXPECT_THAT(problems_of(reading), HasSubstr(mistake.expected));
  }
}

TEST(SettingsDocument, MistakesInJsonHaveTheirLineToo) {
  const Mistake kMistakes[] = {
      {"a misspelt key", "{\n  \"schema\": 1,\n  \"tags\": {\n    \"enable\": true\n  }\n}",
       "f:4: tags.enable: there is no such key here; did you mean \"enabled\"?"},
      {"a number at the end of a line", "{\n\"schema\": 1,\n\"tags\": {\n\"enabled\": 12\n}\n}",
       "f:4: tags.enabled: true or false is expected, not a number"},
      {"a comma too many", "{\n  \"schema\": 1,\n}", "f:3: this is not JSON that can be read: "},
      {"an end that is missing", "{\n  \"schema\": 1\n\n",
       "f:4: this is not JSON that can be read"},
      {"something behind the end", "{\"schema\": 1}\n\n{}", "f:3: this is not JSON"},
      {"a name twice", "{\"schema\": 1,\n\"tags\": {},\n\"tags\": {}}",
       "f:3: this is not JSON that can be read: \"tags\" stands twice in one table"},
      {"a list", "[]", "f:1: a settings document is a JSON object"},
      {"nothing", "", "f:1: this is not JSON"},
      {"broken text", "{\"schema\": 1, \"tags\": \"\xff\"}", "f:1: this is not JSON"},
  };
  for (const Mistake& mistake : kMistakes) {
    SCOPED_TRACE(mistake.what);
    const SettingsReading reading = read_json(mistake.document);

    EXPECT_FALSE(reading.settings);
    EXPECT_THAT(problems_of(reading), HasSubstr(mistake.expected));
  }
}

TEST(SettingsDocument, AllMistakesAreToldAtOnceButNotEndlessly) {
  std::string document = "schema = 1\n[tags]\n";
  for (int i = 0; i < 50; ++i) document += "k" + std::to_string(i) + " = 1\n";

  const SettingsReading reading = read_toml(document);

  ASSERT_EQ(reading.problems.size(), 21U);
  EXPECT_EQ(reading.problems[1].line, 4);
  EXPECT_THAT(reading.problems.back().what, HasSubstr("more problems"));
}

TEST(SettingsDocument, ExcessIsRefused) {
  const std::string deep(100, '[');
  const std::string flood = "{\"schema\": 1, \"buckets\": [" + [] {
    std::string items;
    for (int i = 0; i < 10'001; ++i) items += (i == 0 ? "1" : ",1");
    return items;
  }() + "]}";

  EXPECT_FALSE(read_json(deep).settings);
  EXPECT_FALSE(read_toml("schema = 1\nx = " + deep + std::string(100, ']')).settings);
  EXPECT_FALSE(read_json(flood).settings);
  EXPECT_THAT(problems_of(read_json(std::string((1U << 20U) + 1, ' '))), HasSubstr("1 MiB"));
}

TEST(SettingsDocument, WhatTheDocumentationShowsIsTaken) {
  for (const char* page : {"../../../docs/formats/settings.md", "../../../docs/guide/protect.md"}) {
    SCOPED_TRACE(page);
    const std::string text = example(page);
    const std::size_t begin = text.find("```toml\n");
    ASSERT_NE(begin, std::string::npos);
    const std::size_t end = text.find("```", begin + 8);

    const SettingsReading reading = read_toml(text.substr(begin + 8, end - begin - 8));

    EXPECT_TRUE(reading.settings) << problems_of(reading);
  }
}

TEST(SettingsDocument, TheFormatIsFoundByNameOrFirstCharacter) {
  EXPECT_EQ(format_of("a.TOML", "{"), SettingsFormat::toml);
  EXPECT_EQ(format_of("a.json", "schema"), SettingsFormat::json);
  EXPECT_EQ(format_of("-", " \n{"), SettingsFormat::json);
  EXPECT_EQ(format_of("-", "schema = 1"), SettingsFormat::toml);
}

TEST(Settings, AnExcludedTagHasNoKey) {
  TagSettings tags;
  tags.keys.date = "when";
  tags.exclude = {"date-scanned", "uploaded-by"};

  const TagKeys keys = keys_in_force(tags);

  EXPECT_EQ(keys.date, "");
  EXPECT_EQ(keys.uploaded_by, "");
  EXPECT_EQ(keys.result, "scan-result");
  EXPECT_EQ(keys.virus, "virus-name");
}

TEST(Settings, OnlyWantedVerdictsAreNotified) {
  NotificationSettings notifications;
  EXPECT_FALSE(wants_notification(notifications, Disposition::infected));

  notifications.enabled = true;
  EXPECT_TRUE(wants_notification(notifications, Disposition::infected));
  EXPECT_FALSE(wants_notification(notifications, Disposition::clean));
}

}  // namespace
}  // namespace cordon
