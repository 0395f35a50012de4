#include "clamav/judge.h"

#include <gtest/gtest.h>

#include <optional>

namespace cordon {
namespace {

ScanEvidence seen(std::vector<std::string> names = {}) {
  return {.answer = names.empty() ? EngineAnswer::nothing_found : EngineAnswer::found,
          .names = std::move(names),
          .size = 100,
          .bytes_scanned = 100,
          .root_layer_seen = true};
}

ScanEvidence with(ScanEvidence evidence, LayerProblem problem) {
  evidence.problems.push_back(std::move(problem));
  return evidence;
}

ScanEvidence nameless(ScanEvidence evidence) {
  evidence.nameless_detection = true;
  return evidence;
}

/// `looked_at` by the engine's counter.
ScanEvidence covered(std::uint64_t size, std::uint64_t looked_at) {
  ScanEvidence evidence = seen();
  evidence.size = size;
  evidence.engine_bytes = looked_at;
  evidence.bytes_scanned = size;
  return evidence;
}

ScanEvidence answered(EngineAnswer answer, bool root_seen = true) {
  ScanEvidence evidence = seen();
  evidence.answer = answer;
  evidence.root_layer_seen = root_seen;
  return evidence;
}

ScanEvidence complaining() {
  ScanEvidence evidence = seen();
  evidence.complaints.push_back("Can't create temporary file");
  return evidence;
}

ScanEvidence complaining_of(std::string what) {
  ScanEvidence evidence = seen();
  evidence.complaints.push_back(std::move(what));
  return evidence;
}

constexpr ScanPolicy kDefault;
constexpr ScanPolicy kMacros{.detect_macros = true};
constexpr ScanPolicy kLenient{.detect_broken = false};
constexpr ScanPolicy kEncryptedIsInfected{.encrypted_is_infected = true};

constexpr ScanPolicy kDiskImagesAreClean = [] {
  ScanPolicy policy;
  policy.may_stay_unopened.add(ContentClass::disk_image);
  return policy;
}();

LayerProblem unopened(ContentClass content_class) {
  return {Reason::unsupported, "cannot be opened: a thing", content_class};
}

struct Row {
  const char* fact;
  ScanEvidence evidence;
  ScanPolicy policy;
  Disposition disposition;
  std::optional<Reason> reason;
};

const Row kRows[] = {
    {"nothing found, small", seen(), kDefault, Disposition::clean, {}},
    {"nothing found, covered", covered(40'000, 20'000), kDefault, Disposition::clean, {}},
    {"a complaint about damage", complaining_of("cli_scanxz: decompress error: 1"), kDefault,
     Disposition::unscannable, Reason::unsupported},
    {"less than half covered", covered(40'000, 16'384), kDefault, Disposition::unscannable,
     Reason::coverage},
    {"counter says nothing below 16 KiB", covered(16'383, 0), kDefault, Disposition::clean, {}},
    {"counter speaks from 16 KiB on", covered(16'384, 0), kDefault, Disposition::unscannable,
     Reason::coverage},
    {"a signature", seen({"Win.Trojan.A-1"}), kDefault, Disposition::infected, {}},
    {"a heuristic that is none of the soft ones",
     seen({"Heuristics.Phishing.Email"}),
     kDefault,
     Disposition::infected,
     {}},
    {"overlapping zip members",
     seen({"Heuristics.Zip.OverlappingFiles"}),
     kDefault,
     Disposition::infected,
     {}},
    {"malware after an encrypted member",
     seen({"Heuristics.Encrypted.Zip", "Eicar"}),
     kDefault,
     Disposition::infected,
     {}},
    {"malware although the engine then failed",
     [] {
       ScanEvidence e = seen({"Eicar"});
       e.answer = EngineAnswer::failed;
       return e;
     }(),
     kDefault,
     Disposition::infected,
     {}},
    {"malware beside a part that was not looked at",
     with(seen({"Eicar"}), {Reason::too_large, "big"}),
     kDefault,
     Disposition::infected,
     {}},
    {"encrypted zip", seen({"Heuristics.Encrypted.Zip"}), kDefault, Disposition::unscannable,
     Reason::encrypted},
    {"encrypted pdf", seen({"Heuristics.Encrypted.PDF"}), kDefault, Disposition::unscannable,
     Reason::encrypted},
    {"encryption that only we saw", with(seen(), {Reason::encrypted, "office"}), kDefault,
     Disposition::unscannable, Reason::encrypted},
    {"encrypted counts as infected",
     seen({"Heuristics.Encrypted.Zip"}),
     kEncryptedIsInfected,
     Disposition::infected,
     {}},
    {"our encryption counts as infected",
     with(seen(), {Reason::encrypted, "office"}),
     kEncryptedIsInfected,
     Disposition::infected,
     {}},
    {"size limit", seen({"Heuristics.Limits.Exceeded.MaxFileSize"}), kDefault,
     Disposition::unscannable, Reason::too_large},
    {"time limit", seen({"Heuristics.Limits.Exceeded.MaxScanTime"}), kDefault,
     Disposition::unscannable, Reason::timeout},
    {"scan size limit", seen({"Heuristics.Limits.Exceeded.MaxScanSize"}), kDefault,
     Disposition::unscannable, Reason::limit},
    {"recursion limit", seen({"Heuristics.Limits.Exceeded.MaxRecursion"}), kDefault,
     Disposition::unscannable, Reason::limit},
    {"a limit that is not invented yet", seen({"Heuristics.Limits.Exceeded.MaxPatience"}), kDefault,
     Disposition::unscannable, Reason::limit},
    {"a disk image", with(seen(), unopened(ContentClass::disk_image)), kDefault,
     Disposition::unscannable, Reason::unsupported},
    {"a disk image that the policy allows",
     with(seen(), unopened(ContentClass::disk_image)),
     kDiskImagesAreClean,
     Disposition::clean,
     {}},
    {"an archive, of which the policy says nothing", with(seen(), unopened(ContentClass::archive)),
     kDiskImagesAreClean, Disposition::unscannable, Reason::unsupported},
    {"damage beside what the policy allows",
     with(with(seen(), unopened(ContentClass::disk_image)), {Reason::unsupported, "cut off"}),
     kDiskImagesAreClean, Disposition::unscannable, Reason::unsupported},
    {"a lock beside what the policy allows",
     with(with(seen(), unopened(ContentClass::disk_image)), {Reason::encrypted, "locked"}),
     kDiskImagesAreClean, Disposition::unscannable, Reason::encrypted},
    {"too little coverage of what the policy allows",
     with(covered(40'000, 0), unopened(ContentClass::disk_image)), kDiskImagesAreClean,
     Disposition::unscannable, Reason::coverage},
    {"malware in what the policy allows",
     with(seen({"Eicar"}), unopened(ContentClass::disk_image)),
     kDiskImagesAreClean,
     Disposition::infected,
     {}},
    {"broken executable", seen({"Heuristics.Broken.Executable"}), kDefault,
     Disposition::unscannable, Reason::unsupported},
    {"broken executable, policy does not care",
     seen({"Heuristics.Broken.Executable"}),
     kLenient,
     Disposition::clean,
     {}},
    {"macro", seen({"Heuristics.OLE2.ContainsMacros.VBA"}), kMacros, Disposition::suspicious, {}},
    {"macro, policy does not care",
     seen({"Heuristics.OLE2.ContainsMacros.VBA"}),
     kDefault,
     Disposition::clean,
     {}},
    {"a switched-off alert excuses no other one",
     seen({"Heuristics.OLE2.ContainsMacros.VBA", "Detected.By.Callback.Inspection"}), kDefault,
     Disposition::error, Reason::engine_crash},
    {"a detection without a name beside a switched-off alert",
     nameless(seen({"Heuristics.OLE2.ContainsMacros.VBA"})), kDefault, Disposition::error,
     Reason::engine_crash},
    {"no space for a member", with(seen(), {Reason::staging, "no space"}), kDefault,
     Disposition::error, Reason::staging},
    {"a failure that a damaged archive explains",
     with(answered(EngineAnswer::failed), {Reason::unsupported, "cut off"}), kDefault,
     Disposition::unscannable, Reason::unsupported},
    {"macro and a limit", seen({"Heuristics.OLE2.ContainsMacros", "Heuristics.Limits.Exceeded.X"}),
     kMacros, Disposition::unscannable, Reason::limit},
    {"potentially unwanted", seen({"PUA.Win.Tool.X-1"}), kDefault, Disposition::suspicious, {}},
    {"a problem of a layer", with(seen(), {Reason::unsupported, "rar"}), kDefault,
     Disposition::unscannable, Reason::unsupported},
    {"members that the engine did not open", with(seen(), {Reason::coverage, "0 of 1"}), kDefault,
     Disposition::unscannable, Reason::coverage},
    {"members that the engine did not open because of a limit",
     with(seen({"Heuristics.Limits.Exceeded.MaxRecursion"}), {Reason::coverage, "0 of 1"}),
     kDefault, Disposition::unscannable, Reason::limit},
    {"found, but nothing is named", answered(EngineAnswer::found), kDefault, Disposition::error,
     Reason::engine_crash},
    {"found, but only our own stop mark", seen({"Detected.By.Callback.Inspection"}), kDefault,
     Disposition::error, Reason::engine_crash},
    {"no memory", answered(EngineAnswer::out_of_memory), kDefault, Disposition::error,
     Reason::engine_crash},
    {"no space, no descriptor, ...", answered(EngineAnswer::failed), kDefault, Disposition::error,
     Reason::staging},
    {"a code that does not exist", answered(static_cast<EngineAnswer>(77)), kDefault,
     Disposition::error, Reason::engine_crash},
    {"the object was never opened", answered(EngineAnswer::nothing_found, false), kDefault,
     Disposition::error, Reason::staging},
    {"the library complained", complaining(), kDefault, Disposition::error, Reason::staging},
};

TEST(Judge, SaysWhatTheTableSays) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.fact);

    const Verdict verdict = judge(row.evidence, row.policy);

    EXPECT_EQ(name_of(verdict.disposition), name_of(row.disposition));
    EXPECT_EQ(verdict.reason, row.reason);
    EXPECT_TRUE(is_consistent(verdict));
    const bool unopened = row.disposition == Disposition::clean && !row.evidence.problems.empty();
    EXPECT_EQ(verdict.message.empty(), !row.reason && !unopened);
  }
}

TEST(Judge, CallsDefaultEvidenceAnErrorNotClean) {
  EXPECT_EQ(judge({}, {}).disposition, Disposition::error);
}

/// Take one clean scan and spoil any single condition: never clean.
TEST(Judge, NeedsEveryConditionForClean) {
  ScanEvidence good = covered(100'000, 100'000);
  ASSERT_EQ(judge(good, {}).disposition, Disposition::clean);
  const std::pair<const char*, void (*)(ScanEvidence&)> kSpoilers[] = {
      {"failed", [](ScanEvidence& e) { e.answer = EngineAnswer::failed; }},
      {"memory", [](ScanEvidence& e) { e.answer = EngineAnswer::out_of_memory; }},
      {"found", [](ScanEvidence& e) { e.answer = EngineAnswer::found; }},
      {"name", [](ScanEvidence& e) { e.names.push_back("X"); }},
      {"soft name", [](ScanEvidence& e) { e.names.push_back("Heuristics.Encrypted.RAR"); }},
      {"coverage", [](ScanEvidence& e) { e.engine_bytes = 49'999; }},
      {"unopened", [](ScanEvidence& e) { e.root_layer_seen = false; }},
      {"problem",
       [](ScanEvidence& e) {
         e.problems.push_back({Reason::limit, "x"});
       }},
      {"complaint", [](ScanEvidence& e) { e.complaints.push_back("x"); }},
  };
  for (const auto& [what, spoil] : kSpoilers) {
    SCOPED_TRACE(what);
    ScanEvidence bad = good;
    spoil(bad);

    EXPECT_NE(judge(bad, {}).disposition, Disposition::clean);
  }
}

TEST(Judge, SaysHowMuchWasScannedAndNotWhatTheEngineCounts) {
  ScanEvidence evidence = covered(40'000, 81'920);
  evidence.bytes_scanned = 50'000;

  EXPECT_EQ(judge(evidence, {}).bytes_scanned, 50'000U);
  evidence.names = {"A"};
  EXPECT_EQ(judge(evidence, {}).bytes_scanned, 50'000U);
}

TEST(Judge, OverlooksTheAlertAboutLockedZipsOnlyWhenEachWasOpened) {
  ScanEvidence evidence = seen({"Heuristics.Encrypted.Zip"});
  evidence.bytes_scanned = evidence.size;
  EXPECT_EQ(judge(evidence, {}).reason, Reason::encrypted);

  evidence.zip_locks_opened = true;
  EXPECT_EQ(judge(evidence, {}).disposition, Disposition::clean);
  EXPECT_EQ(judge(evidence, {.encrypted_is_infected = true}).disposition, Disposition::clean);

  EXPECT_EQ(judge(with(evidence, {Reason::encrypted, "one was not"}), {}).reason,
            Reason::encrypted);
  evidence.names.emplace_back("Heuristics.Encrypted.RAR");
  EXPECT_EQ(judge(evidence, {}).reason, Reason::encrypted);
}

TEST(Judge, NamesEachDetectionOnce) {
  const Verdict verdict = judge(seen({"A", "Heuristics.Encrypted.Zip", "B", "A"}), {});

  EXPECT_EQ(verdict.virus_names, (std::vector<std::string>{"A", "B"}));
}

TEST(Judge, MakesSignatureNamesPrintable) {
  EXPECT_EQ(printable_signature("Win.Test\nINFO forged \x1b[0m"), "Win.Test_INFO_forged__[0m");
  EXPECT_EQ(printable_signature(std::string(300, 'x')).size(), 256U);
  EXPECT_EQ(printable_signature(""), "unnamed");
}

TEST(Judge, ACleanVerdictSaysWhatThePolicyLeftUnopened) {
  const ScanEvidence evidence = with(seen(), unopened(ContentClass::disk_image));

  EXPECT_EQ(judge(evidence, kDiskImagesAreClean).message,
            "allowed by the settings: cannot be opened: a thing (unopened.disk-image)");
  EXPECT_EQ(judge(seen(), kDiskImagesAreClean).message, "");
}

}  // namespace
}  // namespace cordon
