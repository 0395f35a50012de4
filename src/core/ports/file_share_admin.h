#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// A file share of a Storage Gateway, and the part of a bucket that it shows.
struct FileShare {
  enum class Protocol : std::uint8_t { nfs, smb };

  std::string arn;
  Protocol protocol = Protocol::nfs;
  BucketName bucket;
  std::string prefix;  ///< Of every key; empty, or ends with '/'.
  /// How long a file must rest before its upload is announced; none: never announced.
  std::optional<std::chrono::seconds> settling = std::nullopt;
  std::string name;
  std::string status;  ///< "AVAILABLE", ...

  bool operator==(const FileShare&) const = default;
};

inline std::string_view name_of(FileShare::Protocol protocol) {
  return protocol == FileShare::Protocol::nfs ? "NFS" : "SMB";
}

/// The file shares of one region. Threads: any. Errors: as BucketAdmin; not_found: no such share.
class FileShareAdmin {
 public:
  virtual ~FileShareAdmin() = default;

  /// The ARNs of every share.
  virtual Result<std::vector<std::string>> list(Deadline deadline, std::stop_token stop) = 0;
  virtual Result<FileShare> share(const std::string& arn, Deadline deadline,
                                  std::stop_token stop) = 0;
  /// Announces uploads after they have rested for so long (60 to 600 s), or no longer at all. The
  /// share's other settings stay as they are.
  virtual Result<void> announce_uploads(const FileShare& share,
                                        std::optional<std::chrono::seconds> settling,
                                        Deadline deadline, std::stop_token stop) = 0;
  /// Makes the gateway look at the bucket again, in one folder ("/a/b") and not below.
  virtual Result<void> refresh(const std::string& arn, const std::string& folder, Deadline deadline,
                               std::stop_token stop) = 0;
};

}  // namespace cordon
