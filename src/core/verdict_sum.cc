#include "core/verdict_sum.h"

#include <string>
#include <utility>

namespace cordon {
namespace {

int rank(Disposition disposition) {
  switch (disposition) {
    case Disposition::clean:
      return 0;
    case Disposition::suspicious:
      return 1;
    case Disposition::unscannable:
      return 2;
    case Disposition::error:
      return 3;
    case Disposition::infected_allowed:
    case Disposition::infected:
      return 4;
  }
  return 3;
}

}  // namespace

void VerdictSum::add(Verdict part, std::uint64_t covered, std::uint64_t scanned) {
  covered_ += covered;
  scanned_ += scanned;
  const bool says_more = worst_ && worst_->disposition == Disposition::clean &&
                         worst_->message.empty() && part.disposition == Disposition::clean;
  if (says_more) worst_->message = std::move(part.message);
  if (!worst_ || rank(part.disposition) > rank(worst_->disposition)) worst_ = std::move(part);
}

bool VerdictSum::is_infected() const {
  return worst_ && rank(worst_->disposition) == rank(Disposition::infected);
}

Verdict VerdictSum::finish() && {
  const bool is_harmless = !worst_ || rank(worst_->disposition) <= rank(Disposition::suspicious);
  if (is_harmless && (!worst_ || covered_ < bytes_)) {
    return unscannable_verdict(Reason::coverage,
                               "only " + std::to_string(covered_) + " of " +
                                   std::to_string(bytes_) + " bytes were looked at",
                               scanned_);
  }
  worst_->bytes_scanned = scanned_;
  return *std::move(worst_);
}

}  // namespace cordon
