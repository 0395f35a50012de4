#include "core/object_ref.h"

namespace cordon {

std::string to_string(const ObjectRef& object) {
  std::string text = "s3://" + object.bucket.str() + "/" + object.key.str();
  if (object.version) text += "?versionId=" + object.version->str();
  return text;
}

}  // namespace cordon
