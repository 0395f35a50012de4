#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "devcloud/aws_error.h"

namespace cordon::cloud {

/// Writes XML as S3 and the query protocols do: no indentation, control characters as references.
class XmlWriter {
 public:
  XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

  XmlWriter& open(std::string_view name, std::string_view attributes = {});
  XmlWriter& close(std::string_view name);
  XmlWriter& text(std::string_view name, std::string_view value);
  XmlWriter& number(std::string_view name, std::uint64_t value);
  XmlWriter& flag(std::string_view name, bool value) {
    return text(name, value ? "true" : "false");
  }
  /// Appends XML that exists already.
  XmlWriter& raw(std::string_view xml);

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Parses a request document whose root must be `root`. MalformedXML otherwise.
Answer<void> parse_xml(std::string_view text, std::string_view root, pugi::xml_document& document);

}  // namespace cordon::cloud
