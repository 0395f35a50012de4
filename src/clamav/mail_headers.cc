#include "clamav/mail_headers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <map>
#include <utility>

#include "base/text.h"

namespace cordon {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kReadingsMax = 64;  ///< Of one block: more say nothing new.

constexpr std::array kFieldsOfMailAlone = {
    "message-id"sv,   "received"sv,   "return-path"sv,    "mime-version"sv,
    "content-type"sv, "references"sv, "dkim-signature"sv, "content-disposition"sv,
    "delivered-to"sv, "x-mailer"sv,   "in-reply-to"sv,    "content-transfer-encoding"sv,
};
constexpr std::array kFieldsOfMail = {
    "from"sv, "to"sv,       "cc"sv,     "bcc"sv,        "subject"sv,
    "date"sv, "reply-to"sv, "sender"sv, "user-agent"sv, "list-id"sv,
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void add(std::vector<std::string>& to, std::string value, PartHeaders& headers) {
  if (value.empty() || std::ranges::find(to, value) != to.end()) return;
  headers.too_many = headers.too_many || to.size() >= kReadingsMax;
  if (!headers.too_many) to.push_back(std::move(value));
}

/// Comments (RFC 5322 3.2.2) nest; what stands in quotes is none.
std::string without_comments(std::string_view text) {
  std::string out;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      if (depth == 0) out.append(text.substr(i, 2));
      ++i;
      continue;
    }
    if (c == '"' && depth == 0) quoted = !quoted;
    if (c == '(' && !quoted) ++depth;
    if (depth == 0) out.push_back(c);
    if (c == ')' && !quoted && depth > 0 && --depth == 0) out.push_back(' ');
  }
  return out;
}

struct Parameter {
  std::string name;
  std::string value;    ///< As RFC 2045 says: quotes and backslashes removed.
  std::string literal;  ///< As simpler readers take it: up to a blank, backslashes and all.
};

std::string_view take_quoted(std::string_view& text, std::string& unescaped) {
  text.remove_prefix(1);
  const std::string_view all = text;
  std::size_t at = 0;
  for (; at < all.size() && all[at] != '"'; ++at) {
    if (all[at] == '\\' && at + 1 < all.size()) ++at;
    unescaped.push_back(all[at]);
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return all.substr(0, at);
}

/// Reads "name=value" at the beginning of `text`, which it shortens; nothing when there is none.
std::optional<Parameter> take_parameter(std::string_view& text) {
  while (!text.empty() && (is_blank(text.front()) || text.front() == ';')) text.remove_prefix(1);
  std::size_t name_end = 0;
  while (name_end < text.size() && text[name_end] != '=' && text[name_end] != ';' &&
         !is_blank(text[name_end])) {
    ++name_end;
  }
  Parameter out{.name = lower(text.substr(0, name_end))};
  text.remove_prefix(name_end);
  std::string_view rest = text;
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  if (!rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  if (rest.starts_with('"')) {
    out.literal = take_quoted(rest, out.value);
  } else {
    const std::string_view value = rest.substr(0, rest.find(';'));
    out.value = trimmed(value);
    out.literal = out.value.substr(0, out.value.find_first_of(" \t\r\n"));
    rest.remove_prefix(value.size());
    // "boundary=abc charset=x": the next parameter without its semicolon.
    if (out.literal.size() < out.value.size())
      rest = text.substr(text.find(out.literal) + out.literal.size());
  }
  text = rest;
  return out;
}

std::string percent_decoded(std::string_view text) {
  const auto decoded = percent_decode(text);
  return decoded ? *decoded : std::string(text);
}

/// RFC 2231: "boundary*0=ab", "boundary*1*=%63", "boundary*=us-ascii''abc" come together as one.
class Continuations {
 public:
  /// False: an ordinary parameter.
  bool take(const Parameter& parameter) {
    const std::size_t star = parameter.name.find('*');
    if (star == std::string::npos) return false;
    std::string_view rest = std::string_view(parameter.name).substr(star + 1);
    const bool extended = rest.empty() || rest.ends_with('*');
    if (rest.ends_with('*')) rest.remove_suffix(1);
    const std::uint64_t number = rest.empty() ? 0 : parse_u64(rest).value_or(0);
    std::string value = parameter.value;
    if (extended) {
      // charset'language'value, in the first piece only.
      const std::size_t first = value.find('\'');
      const std::size_t second = first == std::string::npos ? first : value.find('\'', first + 1);
      if (number == 0 && second != std::string::npos) value = value.substr(second + 1);
      value = percent_decoded(value);
    }
    pieces_[parameter.name.substr(0, star)].emplace(number, std::move(value));
    return true;
  }

  std::string value_of(const std::string& name) const {
    std::string out;
    const auto found = pieces_.find(name);
    if (found == pieces_.end()) return out;
    for (const auto& [number, piece] : found->second) out += piece;
    return out;
  }

 private:
  std::map<std::string, std::map<std::uint64_t, std::string>> pieces_;
};

void add_boundary(std::string value, PartHeaders& headers) {
  while (!value.empty() && is_blank(value.back())) value.pop_back();
  if (value.size() > kNameBytesMax) {
    headers.too_many = true;
  } else {
    add(headers.boundaries, std::move(value), headers);
  }
}

void take_boundary(const Parameter& parameter, PartHeaders& headers) {
  add_boundary(parameter.value, headers);
  add_boundary(parameter.literal, headers);
  if (parameter.value.size() > 2 && parameter.value.front() == '\'' &&
      parameter.value.back() == '\'') {
    add_boundary(parameter.value.substr(1, parameter.value.size() - 2), headers);
  }
}

void take_parameters(std::string_view text, PartHeaders& headers) {
  constexpr std::size_t kParametersMax = 1'000;
  Continuations continuations;
  std::string total;
  for (std::size_t i = 0; i < kParametersMax && !text.empty(); ++i) {
    const auto parameter = take_parameter(text);
    if (!parameter || continuations.take(*parameter)) continue;
    if (parameter->name == "boundary") take_boundary(*parameter, headers);
    if (parameter->name == "total") total = parameter->value;
  }
  if (!text.empty()) headers.too_many = true;
  add_boundary(continuations.value_of("boundary"), headers);
  if (headers.has_type("message/partial") && total != "1") headers.continues = true;
}

void take_content_type(std::string_view value, PartHeaders& headers) {
  const std::string clean = without_comments(value);
  std::string_view rest = trimmed(clean);
  // "multipart / mixed", "multipart/mixed boundary=x", "\"text/plain\"".
  const std::size_t end = std::min(rest.find(';'), rest.size());
  std::string type;
  std::size_t at = 0;
  for (; at < end && type.size() < kNameBytesMax; ++at) {
    const char c = rest[at];
    if (is_blank(c) && type.find('/') != std::string::npos && !type.ends_with('/')) break;
    if (!is_blank(c) && c != '"' && c != '\'') type.push_back(c);
  }
  add(headers.types, lower(type), headers);
  take_parameters(rest.substr(at), headers);
  // Comments are a fine point that not everybody knows.
  if (clean.size() != value.size())
    take_parameters(value.substr(std::min(value.find(';'), value.size())), headers);
}

std::size_t weight_of(const std::string& name) {
  if (std::ranges::find(kFieldsOfMailAlone, name) != kFieldsOfMailAlone.end()) return 2;
  return std::ranges::find(kFieldsOfMail, name) != kFieldsOfMail.end() ? 1 : 0;
}

std::string letters_of(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kNameBytesMax)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) out.push_back(c);
  }
  return lower(out);
}

}  // namespace

bool PartHeaders::has_type(std::string_view prefix) const {
  return std::ranges::any_of(types,
                             [&](const std::string& type) { return type.starts_with(prefix); });
}

std::optional<std::size_t> field_name_length(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && at < kNameBytesMax && line[at] > ' ' && line[at] < 0x7F &&
         line[at] != ':') {
    ++at;
  }
  const std::size_t length = at;
  while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
  if (length == 0 || at >= line.size() || line[at] != ':') return std::nullopt;
  return length;
}

void take_field(std::string_view field, PartHeaders& headers) {
  const auto length = field_name_length(field);
  if (!length) return;
  const std::string name = lower(field.substr(0, *length));
  headers.mail_weight += weight_of(name);
  const std::string_view value = field.substr(field.find(':', *length) + 1);
  if (name == "content-type") take_content_type(value, headers);
  if (name == "content-transfer-encoding") {
    add(headers.encodings, letters_of(without_comments(value)), headers);
    add(headers.encodings, letters_of(value), headers);
  }
  if (name == "transfer-encoding") {
    headers.chunked = lower(value.substr(0, kNameBytesMax)).find("chunked") != std::string::npos;
  }
}

}  // namespace cordon
