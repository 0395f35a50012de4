#include "core/scan_request.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {

std::string encode_scan_request(const ObjectEvent& event) {
  boost::json::object object{{"key", event.object.key.str()}};
  if (event.object.version) object["versionId"] = event.object.version->str();
  if (event.etag) object["eTag"] = event.etag->str();
  if (event.size) object["size"] = *event.size;
  boost::json::object request{{"schema", kScanRequestSchema},
                              {"bucket", event.object.bucket.str()},
                              {"object", std::move(object)},
                              {"force", event.is_forced}};
  if (event.acts_anywhere) request["act"] = true;
  if (event.time) request["time"] = rfc3339_ms(*event.time);
  return ascii_json(boost::json::serialize(request));
}

}  // namespace cordon
