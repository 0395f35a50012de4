#include "console/deployment_response.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.h"
#include "console/api_response.h"

namespace cordon {
namespace {

namespace json = boost::json;

// What no shell takes for anything but itself.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./:@+=,%").find(c) != std::string_view::npos;
}

std::string shell_word(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += R"('\'')";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace

// Names of strangers are in it, and a reader refuses a document with bytes that are no UTF-8.
ServerResponse document_response(const json::object& document) {
  const std::string text = json::serialize(document);
  return list_response(is_utf8(text) ? text : utf8_clean(text, text.size() * 3));
}

ServerResponse whole_list_response(json::array items) {
  return document_response(json::object{{"items", std::move(items)}, {"next", nullptr}});
}

json::object problem_of(const Error& error) {
  return json::object{{"code", name_of(error.code)}, {"detail", error.what}};
}

std::string equal_command(const DeploymentAccess& access, const std::vector<std::string>& words) {
  std::string line = "cordon";
  const auto add = [&line](const std::string& word) { line += " " + shell_word(word); };
  for (const std::string& word : words) add(word);
  add("--deployment");
  add(access.deployment().name());
  add("--region");
  add(access.region().str());
  if (const auto& endpoint = access.identity().endpoint) {
    add("--endpoint-url");
    add(*endpoint);
  }
  return line;
}

}  // namespace cordon
