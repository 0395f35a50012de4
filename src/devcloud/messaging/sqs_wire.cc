// The two protocols of SQS. Debian's boto3 still speaks the query protocol, current SDKs and Cordon
// JSON; the actions (sqs.cc) know only the latter's documents.

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/text.h"
#include "devcloud/json_in.h"
#include "devcloud/messaging/sqs.h"
#include "devcloud/query_protocol.h"
#include "devcloud/xml.h"

namespace cordon::cloud {
namespace {

namespace json = boost::json;

json::object attributes_from(const QueryForm& form, const std::string& prefix) {
  json::object out;
  const std::size_t count = form.count(prefix);
  for (std::size_t n = 1; n <= count; ++n) {
    const std::string at = prefix + "." + std::to_string(n);
    json::object value;
    value["DataType"] = form.text(at + ".Value.DataType");
    for (const char* name : {"StringValue", "BinaryValue"}) {
      const std::string field = at + ".Value." + name;
      if (form.has(field)) value[name] = form.text(field);
    }
    out[form.text(at + ".Name")] = std::move(value);
  }
  return out;
}

// Entries of a batch: the names of their fields are those of the JSON protocol already.
json::array entries_from(const RequestTarget::Query& all, const QueryForm& form,
                         const std::string& prefix) {
  json::array out;
  const std::size_t count = form.count(prefix);
  for (std::size_t n = 1; n <= count; ++n) {
    const std::string at = prefix + "." + std::to_string(n) + ".";
    json::object entry;
    for (const auto& [name, value] : all) {
      if (!name.starts_with(at)) continue;
      const std::string field = name.substr(at.size());
      if (field.find('.') == std::string::npos) entry[field] = value;
    }
    json::object attributes = attributes_from(form, at + "MessageAttribute");
    if (!attributes.empty()) entry["MessageAttributes"] = std::move(attributes);
    out.push_back(std::move(entry));
  }
  return out;
}

void put_list(json::object& out, const char* name, const std::vector<std::string>& values) {
  if (!values.empty()) out[name] = json::array(values.begin(), values.end());
}

void put_map(json::object& out, const char* name,
             const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (pairs.empty()) return;
  json::object map;
  for (const auto& [key, value] : pairs) map[key] = value;
  out[name] = std::move(map);
}

void write_pairs(XmlWriter& xml, const json::object& map, std::string_view element,
                 std::string_view key, std::string_view value) {
  for (const auto& [name, text] : map) {
    xml.open(element).text(key, name);
    xml.text(value, text.is_string() ? std::string(text.as_string()) : json::serialize(text));
    xml.close(element);
  }
}

void write_message(XmlWriter& xml, const json::object& message) {
  xml.open("Message");
  for (const char* name :
       {"MessageId", "ReceiptHandle", "MD5OfBody", "MD5OfMessageAttributes", "Body"}) {
    if (const auto text = text_if(message, name)) xml.text(name, *text);
  }
  if (const json::object* attributes = object_if(message, "Attributes")) {
    write_pairs(xml, *attributes, "Attribute", "Name", "Value");
  }
  if (const json::object* attributes = object_if(message, "MessageAttributes")) {
    for (const auto& [name, value] : *attributes) {
      xml.open("MessageAttribute").text("Name", name).open("Value");
      for (const char* field : {"StringValue", "BinaryValue", "DataType"}) {
        if (const auto text = text_if(value.as_object(), field)) xml.text(field, *text);
      }
      xml.close("Value").close("MessageAttribute");
    }
  }
  xml.close("Message");
}

void write_fields(XmlWriter& xml, const json::object& fields) {
  for (const auto& [name, value] : fields) {
    xml.text(name, value.is_string() ? std::string(value.as_string()) : json::serialize(value));
  }
}

void append_field(std::string& out, std::string_view bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(size >> shift & 0xFF));
  out.append(bytes);
}

}  // namespace

json::object sqs_query_to_json(const RequestTarget::Query& all) {
  const QueryForm form(all);
  json::object out;
  for (const auto& [name, value] : all) {
    if (name.find('.') == std::string::npos && name != "Action" && name != "Version") {
      out[name] = value;
    }
  }
  put_map(out, "Attributes", form.pairs("Attribute", "Name", "Value"));
  put_map(out, "Tags", form.pairs("Tag", "Key", "Value"));
  put_map(out, "tags", form.pairs("Tag", "Key", "Value"));
  put_list(out, "AttributeNames", form.list("AttributeName"));
  put_list(out, "MessageSystemAttributeNames", form.list("MessageSystemAttributeName"));
  put_list(out, "MessageAttributeNames", form.list("MessageAttributeName"));
  put_list(out, "TagKeys", form.list("TagKey"));
  json::object attributes = attributes_from(form, "MessageAttribute");
  if (!attributes.empty()) out["MessageAttributes"] = std::move(attributes);
  for (const char* prefix : {"SendMessageBatchRequestEntry", "DeleteMessageBatchRequestEntry",
                             "ChangeMessageVisibilityBatchRequestEntry"}) {
    json::array entries = entries_from(all, form, prefix);
    if (!entries.empty()) out["Entries"] = std::move(entries);
  }
  return out;
}

std::string sqs_json_to_xml(std::string_view action, const json::object& reply,
                            std::string_view request_id) {
  XmlWriter fragment;
  std::string declaration = fragment.take();
  XmlWriter xml;
  const std::size_t skip = declaration.size();
  for (const auto& [name, value] : reply) {
    if (name == "Attributes") {
      write_pairs(xml, value.as_object(), "Attribute", "Name", "Value");
    } else if (name == "Tags") {
      write_pairs(xml, value.as_object(), "Tag", "Key", "Value");
    } else if (name == "Messages") {
      for (const json::value& one : value.as_array()) write_message(xml, one.as_object());
    } else if (name == "QueueUrls" || name == "queueUrls") {
      for (const json::value& url : value.as_array()) xml.text("QueueUrl", url.as_string());
    } else if (name == "Successful" || name == "Failed") {
      const std::string element =
          name == "Failed" ? "BatchResultErrorEntry" : std::string(action) + "ResultEntry";
      for (const json::value& one : value.as_array()) {
        xml.open(element);
        write_fields(xml, one.as_object());
        xml.close(element);
      }
    } else if (value.is_string()) {
      xml.text(name, value.as_string());
    }
  }
  const std::string result = xml.take().substr(skip);
  return query_answer("http://queue.amazonaws.com/doc/2012-11-05/", action, result, request_id)
      .body;
}

std::string sqs_attributes_md5(const json::object& attributes) {
  std::vector<std::string> names;
  for (const auto& [name, value] : attributes) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  std::string out;
  for (const std::string& name : names) {
    const json::object* value = object_if(attributes, name);
    if (value == nullptr) continue;
    const std::string type = text_of(*value, "DataType");
    append_field(out, name);
    append_field(out, type);
    if (type.starts_with("Binary")) {
      out.push_back(2);
      append_field(out, unbase64(text_of(*value, "BinaryValue")).value_or(""));
    } else {
      out.push_back(1);
      append_field(out, text_of(*value, "StringValue"));
    }
  }
  return hex(md5(as_bytes_of(out)));
}

}  // namespace cordon::cloud
