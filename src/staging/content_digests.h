#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/digest.h"
#include "base/result.h"
#include "core/checksum.h"
#include "core/ports/object_store.h"

namespace cordon {

/// The digests of one object's bytes on their way: SHA-256 for the result, and whatever the store
/// states about the object, to check it.
class ContentDigests {
 public:
  explicit ContentDigests(const ObjectHead& head);

  void update(std::span<const std::byte> bytes);

  using MaybeMismatch = std::optional<std::string>;
  /// What is wrong with the content, if something is. Once, at the end.
  Result<MaybeMismatch> verify();
  /// In hex. Once, at the end.
  std::string sha256();

 private:
  std::optional<ObjectChecksum> stated_;
  ETag etag_;
  Hasher sha256_{Hasher::Kind::sha256};
  std::optional<Hasher> md5_;
  std::optional<RunningChecksum> checksum_;
};

}  // namespace cordon
