#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cordon {

/// Counts the releases after which less is Clean than before: it grows whenever the rules of the
/// judge (src/clamav) become stricter, so that a Clean of an older release is asked about again.
inline constexpr std::uint32_t kVerdictRules = 1;

/// What the settings let be Clean, or less than Infected, that would else be worse. The letter is
/// what a seal says of it (docs/formats/seal.md); letters are never given another meaning.
enum class Leniency : char {
  unopened_archive = 'a',
  unopened_backup = 'b',
  unopened_disk_image = 'd',
  broken_program = 'e',  ///< detect_broken = false
  unopened_installer = 'i',
  unopened_mail_store = 'm',
  noise = 'n',   ///< opaque = "clean"
  macros = 'o',  ///< detect_macros = false
  locked = 'p',  ///< encrypted = "unscannable", not "infected"
};

/// The part of a policy that changes what a verdict means. A value with an order: text instead of a
/// digest, because a digest cannot tell a stricter policy from a laxer one.
///
/// Invariant: `letters_` are ascending letters from a to z. Those of later releases may be among
/// them.
class VerdictPolicy {
 public:
  /// The strictest one.
  VerdictPolicy() = default;

  void add(Leniency leniency);

  /// `{rules}{letters}`, such as "1nop". Errors: invalid.
  static Result<VerdictPolicy> parse(std::string_view code);
  std::string code() const { return std::to_string(rules_) + letters_; }

  /// Whether whatever is Clean under this policy is Clean under `other` as well.
  bool is_as_strict_as(const VerdictPolicy& other) const;

  bool operator==(const VerdictPolicy&) const = default;

 private:
  std::uint32_t rules_ = kVerdictRules;
  std::string letters_;
};

}  // namespace cordon
