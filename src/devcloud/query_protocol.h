#pragma once

#include <boost/json.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "devcloud/aws_error.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// Reads the numbered parameters of the query protocol: "Tag.1.Key", "Tag.2.Key", ...
class QueryForm {
 public:
  explicit QueryForm(const RequestTarget::Query& form) : form_(form) {}

  std::string text(std::string_view name) const;
  bool has(std::string_view name) const;
  /// "Name.1", "Name.2", ... (or "Name.member.1", ...).
  std::vector<std::string> list(std::string_view name) const;
  /// Pairs such as "Attribute.1.Name" and "Attribute.1.Value", or "Attributes.entry.1.key".
  std::vector<std::pair<std::string, std::string>> pairs(std::string_view name,
                                                         std::string_view key,
                                                         std::string_view value) const;
  /// How many entries "Name.N..." has, counted from 1 without a gap; at most 1,000.
  std::size_t count(std::string_view name) const;

 private:
  const RequestTarget::Query& form_;
};

/// "<ActionResponse xmlns=...><ActionResult>result</ActionResult><ResponseMetadata>..."
ServerResponse query_answer(std::string_view xmlns, std::string_view action,
                            std::string_view result, std::string_view request_id);
ServerResponse query_error(std::string_view xmlns, const AwsError& error,
                           std::string_view request_id);

/// `{"__type": code, "message": ...}` as the JSON protocols answer.
ServerResponse json_answer(std::string_view version, const boost::json::object& body,
                           std::string_view request_id);
ServerResponse json_error(std::string_view version, const AwsError& error,
                          std::string_view request_id);

}  // namespace cordon::cloud
