#pragma once

#include <cstdint>
#include <optional>

#include "core/verdict.h"

namespace cordon {

/// The verdict about content that was scanned in parts (windows, members of an archive).
///
/// The worst part decides: infected, then error, unscannable, suspicious, and clean only when every
/// part was clean and the parts together are all of it. Among equals the first one that says
/// anything speaks.
class VerdictSum {
 public:
  /// `bytes`: what the parts must cover for the content to be called clean.
  explicit VerdictSum(std::uint64_t bytes) : bytes_(bytes) {}

  /// `covered`: how many bytes of the content this part adds to those before; `scanned`: what is
  /// added to the count of scanned bytes.
  void add(Verdict part, std::uint64_t covered, std::uint64_t scanned);
  /// Something about the content as a whole that is not the verdict of a part.
  void note(Verdict about) { add(std::move(about), 0, 0); }

  bool is_infected() const;
  /// Unscannable(coverage) when no part was added, or too few.
  Verdict finish() &&;

 private:
  std::uint64_t bytes_;
  std::optional<Verdict> worst_;
  std::uint64_t covered_ = 0;
  std::uint64_t scanned_ = 0;
};

}  // namespace cordon
