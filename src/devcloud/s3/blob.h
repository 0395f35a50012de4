#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "devcloud/call.h"

namespace cordon::cloud {

/// Bytes that never change once they are written: in memory when small, else in a file without a
/// name. Copies share them.
class Blob {
 public:
  Blob() = default;

  std::uint64_t size() const { return bytes_; }
  /// Fills in the body of a response with a part of the blob.
  void answer_with(ServerResponse& response, std::uint64_t offset, std::uint64_t bytes) const;
  /// Calls `use` with all pieces of a part, in order.
  Result<void> read(std::uint64_t offset, std::uint64_t bytes,
                    const std::function<void(std::string_view)>& use) const;

 private:
  friend class BlobWriter;

  std::shared_ptr<const std::string> memory_;  // Shared: responses outlive the object.
  std::shared_ptr<const UniqueFd> file_;
  std::uint64_t bytes_ = 0;
};

/// Collects the bytes of a new blob.
class BlobWriter {
 public:
  explicit BlobWriter(const Basics& basics) : basics_(&basics) {}

  Result<void> append(std::string_view bytes);
  /// Appends a part of another blob; from file to file without passing through this process.
  Result<void> append(const Blob& source, std::uint64_t offset, std::uint64_t bytes);
  Blob finish();

 private:
  Result<void> spill();

  const Basics* basics_;
  std::string memory_;
  UniqueFd file_;
  std::uint64_t bytes_ = 0;
};

}  // namespace cordon::cloud
