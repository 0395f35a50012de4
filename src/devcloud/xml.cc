#include "devcloud/xml.h"

#include <array>
#include <cstdio>

namespace cordon::cloud {
namespace {

constexpr std::size_t kDocumentBytesMax = 4U << 20U;  // DeleteObjects with 1,000 long keys fits.

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          std::array<char, 8> reference{};
          std::snprintf(reference.data(), reference.size(), "&#x%x;", static_cast<unsigned>(c));
          out += reference.data();
        } else {
          out.push_back(c);
        }
    }
  }
}

}  // namespace

XmlWriter& XmlWriter::open(std::string_view name, std::string_view attributes) {
  out_.append("<").append(name);
  if (!attributes.empty()) out_.append(" ").append(attributes);
  out_.append(">");
  return *this;
}

XmlWriter& XmlWriter::close(std::string_view name) {
  out_.append("</").append(name).append(">");
  return *this;
}

XmlWriter& XmlWriter::text(std::string_view name, std::string_view value) {
  open(name);
  append_escaped(out_, value);
  return close(name);
}

XmlWriter& XmlWriter::number(std::string_view name, std::uint64_t value) {
  return text(name, std::to_string(value));
}

XmlWriter& XmlWriter::raw(std::string_view xml) {
  out_.append(xml);
  return *this;
}

Answer<void> parse_xml(std::string_view text, std::string_view root, pugi::xml_document& document) {
  const AwsError malformed{400, "MalformedXML",
                           "The XML you provided was not well-formed or did not validate against "
                           "our published schema"};
  if (text.empty() || text.size() > kDocumentBytesMax) return malformed;
  // Whitespace is a legal tag value and a legal key.
  const unsigned options = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), options, pugi::encoding_utf8);
  if (!parsed || document.document_element().name() != root) return malformed;
  return {};
}

}  // namespace cordon::cloud
