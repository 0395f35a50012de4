#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/service_client.h"
#include "core/ports/file_share_admin.h"

namespace cordon {

/// Storage Gateway's file shares in the region of `client`, which outlives it.
class FileShares final : public FileShareAdmin {
 public:
  explicit FileShares(ServiceClient& client) : client_(client) {}

  Result<std::vector<std::string>> list(Deadline deadline, std::stop_token stop) override;
  Result<FileShare> share(const std::string& arn, Deadline deadline, std::stop_token stop) override;
  Result<void> announce_uploads(const FileShare& share,
                                std::optional<std::chrono::seconds> settling, Deadline deadline,
                                std::stop_token stop) override;
  Result<void> refresh(const std::string& arn, const std::string& folder, Deadline deadline,
                       std::stop_token stop) override;

 private:
  ServiceClient& client_;
};

/// One page of ListFileShares.
struct SharePage {
  std::vector<std::string> arns;
  std::string next;  ///< Empty on the last page.
};

/// Decode Storage Gateway's replies. Pure; exposed for their tests and fuzzers. Errors:
/// unavailable; `decode_share` also invalid (a location that is no bucket, an access point say).
Result<SharePage> decode_share_page(std::string_view json);
Result<FileShare> decode_share(std::string_view json, FileShare::Protocol protocol);

}  // namespace cordon
