#include "aws/bounded_xml.h"

#include <sstream>

namespace cordon {
namespace {

constexpr unsigned kParse = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                            pugi::parse_ws_pcdata_single | pugi::parse_doctype;

}  // namespace

std::string_view local_name(pugi::xml_node node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

Error broken_reply(std::string_view operation, std::string_view why) {
  return Error{
      Errc::unavailable,
      std::string(operation) + ": the reply is not one of this service: " + std::string(why)};
}

Result<pugi::xml_node> parse_xml(pugi::xml_document& document, std::string_view text,
                                 std::string_view operation, std::string_view root,
                                 std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return broken_reply(operation, "XML of " + std::to_string(text.size()) + " bytes, at most " +
                                       std::to_string(bytes_max) + " are accepted");
  }
  // A zero byte would end the document early for a parser that thinks in C strings.
  if (text.find('\0') != std::string_view::npos) return broken_reply(operation, "zero byte in XML");
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), kParse, pugi::encoding_utf8);
  if (!parsed) {
    return broken_reply(operation, std::string("XML: ") + parsed.description() + " at byte " +
                                       std::to_string(parsed.offset));
  }
  for (const pugi::xml_node node : document.children()) {
    if (node.type() == pugi::node_doctype) return broken_reply(operation, "XML with a DOCTYPE");
  }
  const pugi::xml_node found = document.document_element();
  if (!found || (!root.empty() && local_name(found) != root)) {
    return broken_reply(operation, "XML without the element " + std::string(root));
  }
  return found;
}

std::string text_of(pugi::xml_node parent, const char* name) {
  std::string text;
  for (const pugi::xml_node part : parent.child(name).children()) {
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) text += part.value();
  }
  return text;
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
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
      case '\r':
        out += "&#13;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += c;
        break;
    }
  }
  return out;
}

std::string xml_element(std::string_view name, std::string_view text) {
  std::string out = "<";
  out.append(name).append(">").append(xml_escaped(text)).append("</").append(name).append(">");
  return out;
}

std::string xml_of(pugi::xml_node node) {
  std::ostringstream out;
  node.print(out, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(out).str();
}

}  // namespace cordon
