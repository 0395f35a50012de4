#include "signatures/reload_rules.h"

namespace cordon {
namespace {

constexpr std::uint64_t kShrinkMax = 2;
// Small sets are somebody's own and may be edited as one likes.
constexpr std::uint64_t kSmall = 100;

constexpr const char* kWhoMeansIt = "; whoever means it restarts the agent";

}  // namespace

bool is_test_set(const LoadedSet& set) { return set.version.starts_with("test-"); }

Result<void> check_replacement(const LoadedSet& present, const LoadedSet& next) {
  if (next.signatures == 0) return Error{Errc::invalid, "the set holds no signatures"};
  if (is_test_set(next) && !is_test_set(present)) {
    return Error{Errc::invalid, "the set holds test signatures only, and would replace " +
                                    present.version + kWhoMeansIt};
  }
  const bool shrinks =
      present.signatures > kSmall && next.signatures < present.signatures / kShrinkMax;
  if (shrinks) {
    return Error{Errc::invalid, "the set has " + std::to_string(next.signatures) +
                                    " signatures where " + std::to_string(present.signatures) +
                                    " are in force: less than half" + kWhoMeansIt};
  }
  return {};
}

Result<void> check_not_older(const std::map<std::string, std::uint32_t>& present,
                             const std::map<std::string, std::uint32_t>& next) {
  for (const auto& [name, version] : present) {
    const auto found = next.find(name);
    if (found == next.end()) {
      return Error{Errc::invalid, "the set has no " + name + ", of which version " +
                                      std::to_string(version) + " is in force"};
    }
    if (found->second < version) {
      return Error{Errc::invalid, "the set is older: " + name + " " +
                                      std::to_string(found->second) + ", where " +
                                      std::to_string(version) + " is in force"};
    }
  }
  return {};
}

}  // namespace cordon
