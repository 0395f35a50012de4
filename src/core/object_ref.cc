#include "core/object_ref.h"

#include "base/text.h"

namespace cordon {

std::string to_string(const ObjectRef& object) {
  std::string text = "s3://" + object.bucket.str() + "/" + object.key.str();
  if (object.version) text += "?versionId=" + object.version->str();
  return text;
}

Result<ObjectRef> parse_object_uri(std::string_view text) {
  constexpr std::string_view kScheme = "s3://";
  constexpr std::size_t kBucketBytesMax = 255;  // Of the oldest buckets; today's have at most 63.
  constexpr std::size_t kKeyBytesMax = 1024;
  const auto wrong = [](const char* why) {
    return Error{Errc::invalid, std::string("an object is named s3://BUCKET/KEY: ") + why};
  };
  if (!text.starts_with(kScheme)) return wrong("it must begin with s3://");
  text.remove_prefix(kScheme.size());
  const std::size_t slash = text.find('/');
  const std::string_view bucket = text.substr(0, slash);
  if (bucket.empty() || bucket.size() > kBucketBytesMax) return wrong("the bucket is missing");
  if (slash == std::string_view::npos || slash + 1 == text.size())
    return wrong("the key is missing");
  const std::string_view key = text.substr(slash + 1);
  if (key.size() > kKeyBytesMax) return wrong("a key has at most 1,024 bytes");
  if (!is_utf8(text)) return wrong("it must be UTF-8");
  return ObjectRef{BucketName(std::string(bucket)), ObjectKey(std::string(key))};
}

}  // namespace cordon
