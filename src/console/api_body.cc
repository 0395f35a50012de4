#include "console/api_body.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr JsonLimits kLimits{.bytes_max = 4096, .depth_max = 3, .text_bytes_max = 2048};

}  // namespace

Result<ApiBody> ApiBody::parse(const ServerRequest& request,
                               std::initializer_list<std::string_view> members) {
  const std::string_view text = request.body.empty() ? "{}" : std::string_view(request.body);
  Result<JsonDocument> document = JsonDocument::parse(text, kLimits);
  if (!document) return with_context(document.error(), "the body");
  std::set<std::string, std::less<>> names;
  json::error_code failed;  // It was parsed before, within limits.
  const json::value again = json::parse(json::string_view(text.data(), text.size()), failed);
  for (const json::key_value_pair& member : again.get_object()) {
    const std::string name(member.key().data(), member.key().size());
    if (std::find(members.begin(), members.end(), name) == members.end()) {
      return Error{Errc::invalid,
                   "the body: " + utf8_clean(name, 64) + ": there is no such member here"};
    }
    if (!member.value().is_null()) names.insert(name);
  }
  return ApiBody(*std::move(document), std::move(names));
}

std::vector<std::string> ApiBody::texts(std::string_view name, std::size_t count_max) {
  std::vector<std::string> all = members().maybe_texts(name, count_max);
  if (std::any_of(all.begin(), all.end(), [](const std::string& one) { return one.empty(); })) {
    wrong(name);
  }
  return all;
}

Result<void> ApiBody::checked() const {
  const Result<void> checked = document_.checked();
  if (!checked) return with_context(checked.error(), "the body");
  return {};
}

}  // namespace cordon
