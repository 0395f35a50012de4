#include "core/person.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kPasswordBytesMin = 12;
constexpr std::size_t kPasswordBytesMax = 256;
constexpr std::size_t kDifferentMin = 5;

bool is_name_character(char c) {
  constexpr std::string_view kSigns = "-_.@+";
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         kSigns.find(c) != std::string_view::npos;
}

}  // namespace

Result<void> check_person_name(std::string_view name) {
  const bool is_name = !name.empty() && name.size() <= kNameBytesMax &&
                       std::all_of(name.begin(), name.end(), is_name_character);
  if (is_name) return {};
  return Error{Errc::invalid,
               "a person's name has 1 to 64 lower-case letters, digits, '-', '_', '.', '@' and "
               "'+', and no others"};
}

Result<void> check_password(std::string_view password, std::string_view name) {
  const bool has_size =
      password.size() >= kPasswordBytesMin && password.size() <= kPasswordBytesMax;
  const std::set<char> different(password.begin(), password.end());
  if (has_size && is_utf8(password) && different.size() >= kDifferentMin &&
      lower(password).find(name) == std::string::npos) {
    return {};
  }
  return Error{Errc::invalid,
               "a password has 12 to 256 bytes, five different characters at least, and not the "
               "name in it; several words make a good one"};
}

bool is_acting_admin(const Person& person) {
  return person.role == ApiRole::admin && !person.is_disabled && person.password_hash;
}

bool has_acting_admin(const std::vector<Person>& people, const Person& change) {
  return is_acting_admin(change) ||
         std::any_of(people.begin(), people.end(), [&](const Person& one) {
           return one.name != change.name && is_acting_admin(one);
         });
}

void sign_out_everywhere(Person& person, Random& random) {
  person.generation = static_cast<std::int64_t>(random.next() >> 1);
}

}  // namespace cordon
