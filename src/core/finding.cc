#include "core/finding.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::array kStates{ProblemState::open, ProblemState::handled, ProblemState::gone};

bool is_problem(Disposition verdict) {
  switch (verdict) {
    case Disposition::clean:
    case Disposition::infected_allowed:
      return false;
    case Disposition::infected:
    case Disposition::suspicious:
    case Disposition::unscannable:
    case Disposition::error:
      return true;
  }
  return true;
}

void add_part(std::string& out, std::string_view part) {
  out += std::to_string(part.size()) + ":";
  out += part;
}

template <typename T>
bool one_of(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

// Anything else is no digest that another object could share.
std::optional<std::string> content_sha256(const ScanResult& result) {
  const std::optional<std::string>& sha256 = result.sha256;
  if (!sha256 || sha256->size() != 64 || !unhex(*sha256)) return std::nullopt;
  return lower(*sha256);
}

std::optional<ProblemKey> problem_of(const ScanResult& result) {
  if (!is_problem(result.verdict.disposition)) return std::nullopt;
  ProblemKey key{.verdict = result.verdict.disposition};
  if (!result.verdict.virus_names.empty()) key.cause = result.verdict.virus_names.front();
  if (result.verdict.reason) key.cause = name_of(*result.verdict.reason);
  key.sha256 = content_sha256(result);
  if (!key.sha256) {
    const ObjectVersion where = object_version_of(result);
    key.object = ObjectRef{where.bucket, where.key, where.version};
  }
  return key;
}

std::string digest_of(const ProblemKey& key) {
  std::string parts;
  add_part(parts, name_of(key.verdict));
  add_part(parts, key.cause);
  add_part(parts, key.sha256.value_or(""));
  if (key.object) {
    add_part(parts, key.object->bucket.str());
    add_part(parts, key.object->key.str());
    add_part(parts, key.object->version ? key.object->version->str() : "");
  }
  const Sha256Digest digest = sha256(parts);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
}

ObjectVersion object_version_of(const ScanResult& result) {
  return {.bucket = result.bucket.value_or(BucketName()),
          .key = result.key.value_or(ObjectKey()),
          .version = result.version.value_or(VersionId("null"))};
}

std::int64_t ms_of(SystemTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
SystemTime time_of_ms(std::int64_t ms) {
  constexpr std::int64_t kMost = 9'000'000'000'000;  // Years 1684 to 2255; the clock has no others.
  return SystemTime(std::chrono::milliseconds(std::clamp(ms, -kMost, kMost)));
}

bool is_storable(const ScanResult& result) {
  constexpr std::size_t kIdBytesMax = 64;
  constexpr std::size_t kNameBytesMax = 1024;  // Of keys, versions and signatures; buckets: fewer.
  const bool has_id =
      !result.id.empty() && result.id.size() <= kIdBytesMax &&
      std::all_of(result.id.begin(), result.id.end(), [](char c) { return c > ' ' && c <= '~'; });
  const bool has_object = result.bucket && !result.bucket->empty() && result.key &&
                          !result.key->empty() && result.bucket->str().size() <= 255 &&
                          result.key->str().size() <= kNameBytesMax;
  const auto fits = [](const std::string& name) { return name.size() <= kNameBytesMax; };
  const std::vector<std::string>& names = result.verdict.virus_names;
  return has_id && has_object && (!result.version || fits(result.version->str())) &&
         std::all_of(names.begin(), names.end(), fits);
}

std::string_view name_of(ProblemState state) {
  switch (state) {
    case ProblemState::open:
      return "open";
    case ProblemState::handled:
      return "handled";
    case ProblemState::gone:
      return "gone";
  }
  return "open";
}

std::optional<ProblemState> parse_problem_state(std::string_view name) {
  for (const ProblemState state : kStates) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

bool matches(const ResultFilter& filter, const ScanResult& result) {
  const std::vector<std::string>& names = result.verdict.virus_names;
  const std::int64_t at = ms_of(result.scanned_at);
  return (!filter.bucket || result.bucket == filter.bucket) && result.key &&
         result.key->str().starts_with(filter.key_prefix) &&
         one_of(filter.verdicts, result.verdict.disposition) &&
         (!filter.signature ||
          std::find(names.begin(), names.end(), *filter.signature) != names.end()) &&
         (!filter.sha256 || content_sha256(result) == filter.sha256) &&
         (!filter.since || at >= ms_of(*filter.since)) &&
         (!filter.until || at < ms_of(*filter.until));
}

}  // namespace cordon
