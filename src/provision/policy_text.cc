// Statements are found in the text and not in a parsed document, because a document that is written
// anew has other spaces and another order of members, and who compares it with what they keep under
// version control would see a change that nobody made.
//
// The text is parsed first, so the scanner below walks over JSON that is known to be sound: it only
// has to tell strings from what is outside of them.

#include "provision/policy_text.h"

#include <boost/json.hpp>
#include <optional>

#include "base/check.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kPolicyBytesMax = 20'480;
constexpr std::size_t kDepthMax = 32;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

// Behind the string that begins at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '"') return skip_string(text, at);
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_space(c))) return at;
    ++at;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return at;
}

// Where the value of the member "Statement" of the outermost object begins.
std::optional<std::size_t> find_statements(std::string_view text) {
  std::size_t at = skip_space(text, 0) + 1;
  while (at < text.size()) {
    at = skip_space(text, at);
    if (at >= text.size() || text[at] != '"') return std::nullopt;
    const std::size_t end = skip_string(text, at);
    const bool found = text.substr(at, end - at) == "\"Statement\"";
    at = skip_space(text, skip_space(text, end) + 1);
    if (found) return at;
    at = skip_space(text, skip_value(text, at));
    if (at >= text.size() || text[at] != ',') return std::nullopt;
    ++at;
  }
  return std::nullopt;
}

}  // namespace

Result<PolicyText> PolicyText::parse(std::string text) {
  if (text.size() > kPolicyBytesMax) {
    return Error{Errc::invalid, "the bucket's policy is larger than S3's 20 KiB"};
  }
  json::error_code failed;
  json::parse_options options;
  options.max_depth = kDepthMax;
  const json::value document = json::parse(text, failed, {}, options);
  const json::object* object = failed ? nullptr : document.if_object();
  const json::value* statement = object == nullptr ? nullptr : object->if_contains("Statement");
  const auto begin = statement == nullptr ? std::nullopt : find_statements(text);
  if (!begin || (!statement->is_array() && !statement->is_object())) {
    return Error{Errc::invalid, "the bucket's policy is not a policy document with statements"};
  }
  PolicyText out;
  out.text_ = std::move(text);
  out.is_list_ = statement->is_array();
  out.all_ = {*begin, skip_value(out.text_, *begin)};
  out.find_spans();
  const json::array meant = out.is_list_ ? statement->as_array() : json::array{*statement};
  // A member that stands there twice, say: the scanner and the parser take different ones.
  bool same = !meant.empty() && meant.size() == out.statements_.size();
  for (std::size_t i = 0; same && i < meant.size(); ++i) {
    same = json::parse(out.statement(i), failed, {}, options) == meant[i] && !failed;
  }
  if (same) return out;
  return Error{Errc::invalid, "the statements of the bucket's policy cannot be told apart"};
}

void PolicyText::find_spans() {
  if (!is_list_) {
    statements_.push_back(all_);
    return;
  }
  std::size_t at = skip_space(text_, all_.begin + 1);
  while (at + 1 < all_.end) {
    const std::size_t end = skip_value(text_, at);
    if (end <= at) return;
    statements_.push_back({at, end});
    at = skip_space(text_, end);
    if (at < text_.size() && text_[at] == ',') at = skip_space(text_, at + 1);
  }
}

std::string PolicyText::document_of(std::string_view statement) {
  return R"({"Version":"2012-10-17","Statement":[)" + std::string(statement) + "]}";
}

std::string PolicyText::statement(std::size_t index) const {
  const Span span = statements_.at(index);
  return text_.substr(span.begin, span.end - span.begin);
}

std::string PolicyText::sid(std::size_t index) const {
  json::error_code failed;
  const json::value parsed = json::parse(statement(index), failed);
  const json::object* object = failed ? nullptr : parsed.if_object();
  const json::value* sid = object == nullptr ? nullptr : object->if_contains("Sid");
  const json::string* text = sid == nullptr ? nullptr : sid->if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::string PolicyText::with(std::string_view statement) const {
  std::string out = text_;
  if (is_list_) return out.insert(statements_.back().end, "," + std::string(statement));
  out.insert(all_.end, "," + std::string(statement) + "]");
  return out.insert(all_.begin, "[");
}

std::string PolicyText::with_replaced(std::size_t index, std::string_view statement) const {
  const Span span = statements_.at(index);
  return std::string(text_).replace(span.begin, span.end - span.begin, statement);
}

std::string PolicyText::without(std::size_t index, bool unwrap) const {
  CORDON_CHECK(is_list_ && statements_.size() >= 2);
  std::string out = text_;
  // With the comma before it, or, for the first one, with the one behind.
  const std::size_t begin = index == 0 ? statements_[0].begin : statements_[index - 1].end;
  const std::size_t end = index == 0 ? statements_[1].begin : statements_[index].end;
  out.erase(begin, end - begin);
  if (!unwrap || statements_.size() != 2) return out;
  const std::size_t list_end = all_.end - (end - begin);
  out.erase(list_end - 1, 1);
  return out.erase(all_.begin, 1);
}

}  // namespace cordon
