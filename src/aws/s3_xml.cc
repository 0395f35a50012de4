#include "aws/s3_xml.h"

#include <algorithm>

#include "aws/bounded_xml.h"
#include "aws/service_error.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr const char* kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";
// Ten tags of 128 + 256 characters, each at most six bytes long when escaped, stay well below.
constexpr std::size_t kTaggingBytesMax = 64U << 10U;
// S3 sends a blank now and then while a copy runs, so the reply's length grows with its duration.
constexpr std::size_t kResultBytesMax = 256U << 10U;
// S3 allows 10. Others may allow more; that is no reason to lose them.
constexpr std::size_t kTagsDecodedMax = 64;

constexpr std::string_view kGetTagging = "GetObjectTagging";

}  // namespace

Result<TagSet> decode_tagging(std::string_view xml) {
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root,
             parse_xml(document, xml, kGetTagging, "Tagging", kTaggingBytesMax));
  const pugi::xml_node set = root.child("TagSet");
  if (!set) return broken_reply(kGetTagging, "no TagSet");
  TagSet tags;
  for (const pugi::xml_node node : set.children()) {
    if (node.type() != pugi::node_element) continue;
    if (std::string_view(node.name()) != "Tag" || !node.child("Key") || !node.child("Value")) {
      return broken_reply(kGetTagging, "a TagSet with something else than tags");
    }
    if (tags.size() == kTagsDecodedMax) return broken_reply(kGetTagging, "too many tags");
    if (!tags.emplace(text_of(node, "Key"), text_of(node, "Value")).second) {
      return broken_reply(kGetTagging, "the same tag twice");
    }
  }
  return tags;
}

std::string encode_tagging(const TagSet& tags) {
  std::string xml = std::string("<Tagging xmlns=\"") + kNamespace + "\"><TagSet>";
  for (const auto& [key, value] : tags) {
    xml += "<Tag>" + xml_element("Key", key) + xml_element("Value", value) + "</Tag>";
  }
  return xml + "</TagSet></Tagging>";
}

std::string encode_tagging_header(const TagSet& tags) {
  std::string header;
  for (const auto& [key, value] : tags) {
    if (!header.empty()) header += '&';
    header += percent_encode(key, false) + "=" + percent_encode(value, false);
  }
  return header;
}

Result<ETag> decode_etag_result(const AwsCall& call, std::string_view xml, std::string_view root) {
  const std::string& operation = call.operation;
  const std::optional<RemoteError> failure = error_in_body(xml);
  if (failure && !failure->code.empty()) return service_error(call, 200, *failure);
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node found,
             parse_xml(document, xml, operation, root, kResultBytesMax));
  ETag etag = unquoted(text_of(found, "ETag"));
  if (!is_etag(etag)) return broken_reply(operation, "no ETag");
  return etag;
}

Result<std::string> decode_upload_id(std::string_view xml) {
  constexpr std::string_view kOperation = "CreateMultipartUpload";
  pugi::xml_document document;
  CORDON_TRY(
      const pugi::xml_node root,
      parse_xml(document, xml, kOperation, "InitiateMultipartUploadResult", kResultBytesMax));
  std::string id = text_of(root, "UploadId");
  if (id.empty()) return broken_reply(kOperation, "no UploadId");
  return id;
}

std::string encode_parts(std::span<const ETag> parts) {
  std::string xml = std::string("<CompleteMultipartUpload xmlns=\"") + kNamespace + "\">";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    xml += "<Part>" + xml_element("PartNumber", std::to_string(i + 1)) +
           xml_element("ETag", quoted(parts[i])) + "</Part>";
  }
  return xml + "</CompleteMultipartUpload>";
}

ETag unquoted(std::string_view etag) {
  etag = trim(etag);
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return ETag(std::string(etag));
}

std::string quoted(const ETag& etag) { return "\"" + etag.str() + "\""; }

bool is_etag(const ETag& etag) {
  return !etag.empty() && etag.str().size() <= 256 &&
         std::all_of(etag.str().begin(), etag.str().end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '"'; });
}

}  // namespace cordon
