#include "staging/content_digests.h"

#include "base/text.h"

namespace cordon {

ContentDigests::ContentDigests(const ObjectHead& head) : stated_(head.checksum), etag_(head.etag) {
  if (stated_) {
    checksum_.emplace(stated_->algorithm);
  } else if (head.etag_is_md5) {
    md5_.emplace(Hasher::Kind::md5);
  }
}

void ContentDigests::update(std::span<const std::byte> bytes) {
  sha256_.update(bytes);
  if (md5_) md5_->update(bytes);
  if (checksum_) checksum_->update(bytes);
}

Result<ContentDigests::MaybeMismatch> ContentDigests::verify() {
  if (checksum_) {
    if (checksum_->finish() == stated_->base64) return MaybeMismatch();
    return MaybeMismatch("the content does not have the " +
                         std::string(name_of(stated_->algorithm)) +
                         " checksum that the store states");
  }
  if (md5_ && hex(as_bytes_of(md5_->finish())) != etag_.str()) {
    return MaybeMismatch("the content does not have the MD5 that the ETag states");
  }
  return MaybeMismatch();
}

std::string ContentDigests::sha256() { return hex(as_bytes_of(sha256_.finish())); }

}  // namespace cordon
