#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "base/result.h"

// XML as the services write it, read as the hostile input that it is. Internal to aws.

namespace cordon {

/// The caller of `operation` got a reply that the service does not send: it or something on the way
/// to it is broken. `unavailable`, because the next attempt may well reach one that works.
Error broken_reply(std::string_view operation, std::string_view why);

/// Parses `text` into `document` and returns its root element, which has the local name `root` (any
/// when empty).
///
/// White space that is the whole content of an element is kept: it may be somebody's tag value. A
/// document type declaration is refused, so there are no entities to expand.
/// Errors: unavailable when the text is longer than `bytes_max`, no XML, or has another root.
Result<pugi::xml_node> parse_xml(pugi::xml_document& document, std::string_view text,
                                 std::string_view operation, std::string_view root,
                                 std::size_t bytes_max);

/// The element's name without a prefix, which some servers write.
std::string_view local_name(pugi::xml_node node);

/// All character data of the child named `name`, also when comments or CDATA split it; empty when
/// there is no such child.
std::string text_of(pugi::xml_node parent, const char* name);

/// `text` for the inside of an element. Line ends and tabs are written as references, so that no
/// parser normalises them away.
std::string xml_escaped(std::string_view text);

/// <name>text</name>
std::string xml_element(std::string_view name, std::string_view text);

/// The node as it came, without indentation.
std::string xml_of(pugi::xml_node node);

}  // namespace cordon
