#include "console/api_names.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_in_bucket_name(char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; }
bool is_in_region_name(char c) { return is_alnum(c) || c == '-'; }
bool is_printable(char c) { return c > ' ' && c <= '~'; }

bool is_of(std::string_view text, std::size_t least, std::size_t most, bool (*fits)(char)) {
  return text.size() >= least && text.size() <= most && std::all_of(text.begin(), text.end(), fits);
}

}  // namespace

Result<BucketName> parse_bucket_name(std::string_view text) {
  if (is_of(text, 3, 255, is_in_bucket_name)) return BucketName(std::string(text));
  return Error{Errc::invalid, "a bucket's name has 3 to 255 letters, digits, '.', '-' and '_'"};
}

Result<ObjectKey> parse_object_key(std::string_view text) {
  if (!text.empty() && text.size() <= 1024 && is_utf8(text)) return ObjectKey(std::string(text));
  return Error{Errc::invalid, "a key has 1 to 1,024 bytes of UTF-8"};
}

Result<VersionId> parse_version_id(std::string_view text) {
  if (is_of(text, 1, 1024, is_printable)) return VersionId(std::string(text));
  return Error{Errc::invalid, "a version's id has 1 to 1,024 characters without spaces"};
}

Result<Region> parse_region(std::string_view text) {
  if (is_of(text, 1, 32, is_in_region_name)) return Region(std::string(text));
  return Error{Errc::invalid, "write a region like eu-west-1"};
}

Result<std::string> parse_plain_text(std::string_view text, std::string_view what) {
  if (is_of(text, 1, 2048, is_printable)) return std::string(text);
  return Error{Errc::invalid,
               std::string(what) + " has 1 to 2,048 characters that can be printed, no spaces"};
}

}  // namespace cordon
