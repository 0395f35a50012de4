#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "net/http_server.h"

namespace cordon::cloud {

/// What every service of the stand-in is given. All references outlive the services.
struct Basics {
  const Clock& clock;
  Random& random;
  Log& log;
  std::string account;
  std::filesystem::path scratch;             ///< Where large objects are spooled (unlinked files).
  std::size_t memory_bytes_max = 1U << 20U;  ///< Objects above this go to the spool.
};

struct Grants;  // access.h

/// Who signed a request.
struct Identity {
  std::string access_key = {};  ///< Empty: the request was not signed.
  std::string account = {};
  std::string arn = {};
  std::string user_id = {};
  /// The account's own key signs in every partition, as no key of AWS does, so that one stand-in
  /// serves for all; its `arn` is of the partition that it signs in.
  bool of_all_partitions = false;
  /// The policies of the user or role. Null: the account's own key, or a role that nobody has
  /// described, which may do what no resource's policy denies.
  std::shared_ptr<const Grants> grants = nullptr;  // Shared: of all requests of the moment.

  bool anonymous() const { return access_key.empty(); }
};

/// Path and query of a request, split but not interpreted.
struct RequestTarget {
  using Query = std::vector<std::pair<std::string, std::string>>;

  std::string path;  ///< As it was sent: percent-encoded, dots and slashes untouched.
  Query query;       ///< Decoded, in order.

  std::optional<std::string_view> param(std::string_view name) const;
  bool has(std::string_view name) const { return param(name).has_value(); }
};

/// invalid: an escape that is none.
Result<RequestTarget> parse_target(std::string_view target);
/// Decoded pairs of a query or form. invalid: an escape that is none.
Result<RequestTarget::Query> parse_form(std::string_view text);

/// One request, authenticated, on its way to a service.
struct Call {
  const ServerRequest& request;
  RequestTarget target;
  Identity identity;
  std::string service;  ///< Of the credential scope: "s3", "sqs", ...
  std::string region;
  std::string request_id;
  std::string source_ip;
  SystemTime now;
  std::stop_token stop;

  std::string header(std::string_view name) const {
    return std::string(request.headers.get(name).value_or(""));
  }
};

// Identifiers in the shapes that AWS gives them.
std::string make_uuid(Random& random);
std::string make_request_id(Random& random);  ///< 16 upper-case letters and digits, as S3 has them.
std::string make_token(Random& random, std::size_t length);  ///< Letters and digits.

/// "aws", "aws-cn", ...: by the name of the region.
std::string_view partition_of_region(std::string_view region);
/// "arn:{partition}:{service}:{region}:{account}:{resource}", in the partition of the region.
std::string make_arn(std::string_view service, std::string_view region, std::string_view account,
                     std::string_view resource);
/// The same for what belongs to a whole partition, which the region stands for.
std::string make_iam_arn(std::string_view region, std::string_view account,
                         std::string_view resource);
std::string make_bucket_arn(std::string_view region, std::string_view bucket);
/// The ARN with another partition in it.
std::string in_partition(std::string_view partition, const std::string& arn);
/// The field of an ARN: 1 = partition, 2 = service, 3 = region, 4 = account, 5 = everything after.
/// Empty: none.
std::string arn_field(std::string_view arn, std::size_t index);

std::int64_t millis_since_epoch(SystemTime time);

}  // namespace cordon::cloud
