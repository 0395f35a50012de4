#include "clamav/judge.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

// The order of the questions is the design (docs/formats/verdicts.md has it as a table):
// malware first, because a zip with one encrypted and one infected member is infected; then every
// way in which the engine may have missed something; Suspicious after that, because an object that
// was only partly seen is more uncertain than one with a macro in it; Clean last, and only by
// exhaustion.

namespace cordon {
namespace {

constexpr std::size_t kSignatureBytesMax = 256;

enum class NameClass : std::uint8_t {
  malware,
  encrypted,
  encrypted_zip,
  too_large,
  timeout,
  limit,
  broken,
  macro,
  unwanted,
  ours,
};

NameClass class_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, NameClass>, 10> kPrefixes = {{
      {"Heuristics.Encrypted.Zip", NameClass::encrypted_zip},
      {"Heuristics.Encrypted.", NameClass::encrypted},
      {"Heuristics.Limits.Exceeded.MaxFileSize", NameClass::too_large},
      {"Heuristics.Limits.Exceeded.MaxScanTime", NameClass::timeout},
      {"Heuristics.Limits.", NameClass::limit},
      {"Heuristics.Broken.", NameClass::broken},
      {"Heuristics.OLE2.ContainsMacros", NameClass::macro},
      {"PUA.", NameClass::unwanted},
      // Our own callback asked the engine to stop; why is among the problems or the names.
      {"Detected.By.Callback", NameClass::ours},
      {"Heuristics.Structured.", NameClass::unwanted},
  }};
  for (const auto& [prefix, kind] : kPrefixes) {
    if (name.starts_with(prefix)) return kind;
  }
  return NameClass::malware;
}

std::vector<std::string> names_of(const ScanEvidence& evidence, NameClass wanted) {
  std::vector<std::string> found;
  for (const std::string& name : evidence.names) {
    const std::string shown = printable_signature(name);
    if (class_of(name) != wanted) continue;
    if (std::find(found.begin(), found.end(), shown) == found.end()) found.push_back(shown);
  }
  return found;
}

std::optional<Verdict> about_malware(const ScanEvidence& evidence) {
  std::vector<std::string> names = names_of(evidence, NameClass::malware);
  if (names.empty()) return std::nullopt;
  return infected_verdict(std::move(names), evidence.bytes_scanned);
}

const LayerProblem* problem_with(const ScanEvidence& evidence, Reason reason) {
  const auto at = std::find_if(evidence.problems.begin(), evidence.problems.end(),
                               [&](const LayerProblem& p) { return p.reason == reason; });
  return at == evidence.problems.end() ? nullptr : &*at;
}

/// Memory or space were missing: another worker may have them.
std::optional<Verdict> about_resources(const ScanEvidence& evidence) {
  if (evidence.answer == EngineAnswer::out_of_memory) {
    return error_verdict(Reason::engine_crash, "the engine ran out of memory on this object");
  }
  const LayerProblem* problem = problem_with(evidence, Reason::staging);
  if (problem == nullptr) return std::nullopt;
  return error_verdict(Reason::staging, problem->message);
}

/// The engine gave up without a reason that our own checks know.
std::optional<Verdict> about_failure(const ScanEvidence& evidence) {
  switch (evidence.answer) {
    case EngineAnswer::nothing_found:
    case EngineAnswer::found:
      return std::nullopt;
    case EngineAnswer::out_of_memory:
    case EngineAnswer::failed:
      return error_verdict(Reason::staging, "the engine failed: " + evidence.answer_text);
  }
  return error_verdict(Reason::engine_crash, "the engine gave an unknown answer");
}

std::optional<Verdict> about_encryption(const ScanEvidence& evidence, const ScanPolicy& policy) {
  std::vector<std::string> names = names_of(evidence, NameClass::encrypted);
  for (std::string& name : names_of(evidence, NameClass::encrypted_zip)) {
    if (!evidence.zip_locks_opened) names.push_back(std::move(name));
  }
  const LayerProblem* problem = problem_with(evidence, Reason::encrypted);
  if (names.empty() && problem == nullptr) return std::nullopt;
  if (policy.encrypted_is_infected) {
    if (names.empty()) names.emplace_back("Heuristics.Encrypted.Content");
    return infected_verdict(std::move(names), evidence.bytes_scanned);
  }
  return unscannable_verdict(
      Reason::encrypted,
      problem != nullptr ? problem->message : "password-protected content (" + names[0] + ")",
      evidence.bytes_scanned);
}

/// Only what is wholly explained by a class that the settings allow; its bytes were searched.
bool is_allowed(const LayerProblem& problem, const ScanPolicy& policy) {
  return problem.reason == Reason::unsupported && problem.unopened &&
         policy.may_stay_unopened.has(*problem.unopened);
}

/// For the result of an object that is clean: what its verdict does not speak for.
std::string left_unopened(const ScanEvidence& evidence) {
  std::string text;
  for (const LayerProblem& problem : evidence.problems) {
    if (!problem.unopened) continue;
    text += text.empty() ? "allowed by the settings: " : "; ";
    text += problem.message + " (unopened." + std::string(name_of(*problem.unopened)) + ")";
  }
  return text;
}

/// Missing members (coverage) are the vaguest of the problems: asked about last.
std::optional<Verdict> about_problems(const ScanEvidence& evidence, const ScanPolicy& policy,
                                      bool coverage) {
  for (const LayerProblem& problem : evidence.problems) {
    if (is_allowed(problem, policy)) continue;
    if ((problem.reason == Reason::coverage) != coverage) continue;
    return unscannable_verdict(problem.reason, problem.message, evidence.bytes_scanned);
  }
  return std::nullopt;
}

std::optional<Verdict> about_alert(const ScanEvidence& evidence, NameClass kind, Reason reason,
                                   std::string_view text) {
  const std::vector<std::string> names = names_of(evidence, kind);
  if (names.empty()) return std::nullopt;
  return unscannable_verdict(reason, std::string(text) + " (" + names[0] + ")",
                             evidence.bytes_scanned);
}

std::optional<Verdict> about_suspicion(const ScanEvidence& evidence, const ScanPolicy& policy) {
  std::vector<std::string> names = names_of(evidence, NameClass::unwanted);
  if (policy.detect_macros) {
    for (std::string& name : names_of(evidence, NameClass::macro)) names.push_back(std::move(name));
  }
  if (names.empty()) return std::nullopt;
  return Verdict{.disposition = Disposition::suspicious,
                 .virus_names = std::move(names),
                 .bytes_scanned = evidence.bytes_scanned};
}

/// The library complains about damage in the same tone as about missing memory, and only the latter
/// may be different on another try. These words are in its complaints about resources.
bool is_about_resources(std::string_view complaint) {
  constexpr std::array<std::string_view, 20> kWords = {
      "emory",   "alloc", "emporary", "tmp",  "temp",   "escriptor", "No space",
      "reate",   "open",  "write",    "fmap", "mmap",   "Too many",  "read-only",
      "gentemp", "lseek", "stat",     "dup",  "unlink", "Permission"};
  return std::ranges::any_of(
      kWords, [&](std::string_view word) { return complaint.find(word) != complaint.npos; });
}

std::optional<Verdict> about_complaints(const ScanEvidence& evidence) {
  if (evidence.complaints.empty()) return std::nullopt;
  const auto lacking = std::ranges::find_if(evidence.complaints, is_about_resources);
  if (lacking != evidence.complaints.end()) {
    return error_verdict(Reason::staging, "the engine lacked something: " + *lacking);
  }
  return unscannable_verdict(Reason::unsupported,
                             "the engine could not read a part: " + evidence.complaints.front(),
                             evidence.bytes_scanned);
}

/// Alerts that the policy has switched off or that were looked into, and only they, may be
/// overlooked.
bool has_unexplained_alert(const ScanEvidence& evidence, const ScanPolicy& policy) {
  if (evidence.nameless_detection) return true;
  if (evidence.answer != EngineAnswer::found) return false;
  const auto is_explained = [&](const std::string& name) {
    const NameClass kind = class_of(name);
    return (kind == NameClass::macro && !policy.detect_macros) ||
           (kind == NameClass::broken && !policy.detect_broken) ||
           (kind == NameClass::encrypted_zip && evidence.zip_locks_opened);
  };
  return evidence.names.empty() || !std::ranges::all_of(evidence.names, is_explained);
}

}  // namespace

std::string printable_signature(std::string_view name) {
  std::string out(name.substr(0, kSignatureBytesMax));
  for (char& c : out) {
    if (c < '!' || c > '~') c = '_';
  }
  return out.empty() ? "unnamed" : out;
}

bool is_detection(std::string_view name) { return class_of(name) == NameClass::malware; }

bool lacks_coverage(const ScanEvidence& evidence) {
  return evidence.size >= kCoverageBytesMin && evidence.engine_bytes < evidence.size / 2;
}

Verdict judge(const ScanEvidence& evidence, const ScanPolicy& policy) {
  if (auto verdict = about_malware(evidence)) return *verdict;
  if (auto verdict = about_resources(evidence)) return *verdict;
  if (auto verdict = about_encryption(evidence, policy)) return *verdict;
  if (auto verdict = about_problems(evidence, policy, false)) return *verdict;
  if (auto verdict = about_failure(evidence)) return *verdict;
  if (auto verdict = about_alert(evidence, NameClass::too_large, Reason::too_large,
                                 "a part is larger than the engine can read")) {
    return *verdict;
  }
  if (auto verdict = about_alert(evidence, NameClass::timeout, Reason::timeout,
                                 "not finished within the time limit")) {
    return *verdict;
  }
  if (auto verdict = about_alert(evidence, NameClass::limit, Reason::limit,
                                 "a limit of the engine was reached")) {
    return *verdict;
  }
  if (auto verdict = about_problems(evidence, policy, true)) return *verdict;
  if (policy.detect_broken) {
    if (auto verdict = about_alert(evidence, NameClass::broken, Reason::unsupported,
                                   "damaged file, not fully understood")) {
      return *verdict;
    }
  }
  if (!evidence.root_layer_seen) {
    return error_verdict(Reason::staging,
                         "the engine could not open the object (temporary directory or memory)");
  }
  if (auto verdict = about_complaints(evidence)) return *verdict;
  if (auto verdict = about_suspicion(evidence, policy)) return *verdict;
  if (has_unexplained_alert(evidence, policy)) {
    return error_verdict(Reason::engine_crash, "the engine reported a detection without a name");
  }
  if (lacks_coverage(evidence)) {
    return unscannable_verdict(Reason::coverage,
                               "the engine looked at " + std::to_string(evidence.engine_bytes) +
                                   " of " + std::to_string(evidence.size) + " bytes",
                               evidence.bytes_scanned);
  }
  Verdict clean = clean_verdict(evidence.bytes_scanned);
  clean.message = left_unopened(evidence);
  return clean;
}

}  // namespace cordon
