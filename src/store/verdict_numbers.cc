#include "store/verdict_numbers.h"

#include <array>

namespace cordon {

std::int64_t number_of(Disposition verdict) {
  switch (verdict) {
    case Disposition::clean:
      return 0;
    case Disposition::infected:
      return 1;
    case Disposition::infected_allowed:
      return 2;
    case Disposition::suspicious:
      return 3;
    case Disposition::unscannable:
      return 4;
    case Disposition::error:
      return 5;
  }
  return 5;
}

std::optional<Disposition> verdict_of_number(std::int64_t number) {
  constexpr std::array kVerdicts{
      Disposition::clean,      Disposition::infected,    Disposition::infected_allowed,
      Disposition::suspicious, Disposition::unscannable, Disposition::error};
  for (const Disposition verdict : kVerdicts) {
    if (number_of(verdict) == number) return verdict;
  }
  return std::nullopt;
}

}  // namespace cordon
