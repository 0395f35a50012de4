#include "agent/object_transfer.h"

#include "base/text.h"

namespace cordon {
namespace {

std::string size_text(std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

}  // namespace

Result<void> ObjectTransfer::begin(const ObjectHead& head) {
  refused_ = true;  // Until the end of this function: then it is the store's turn again.
  if (!head_) {
    head_ = head;
    CORDON_TRY(on_open_(head));
  } else if (head.etag != head_->etag || head.bytes != head_->bytes ||
             head.version != head_->version) {
    return Error{Errc::changed, "the object changed during the transfer"};
  }
  if (!file_) CORDON_TRY(first_head(head));
  refused_ = false;
  return {};
}

Result<void> ObjectTransfer::first_head(const ObjectHead& head) {
  if (head.bytes > options_.object_bytes_max) {
    verdict_ =
        unscannable_verdict(Reason::too_large, "larger than the engine takes (" +
                                                   size_text(options_.object_bytes_max) + ")");
    return Error{Errc::invalid, verdict_->message};
  }
  const bool in_memory = head.bytes <= options_.memory_bytes_max;
  if (!in_memory && head.bytes > budget_.bytes_max()) {
    verdict_ = unscannable_verdict(
        Reason::staging,
        "larger than the whole spool (" + size_text(budget_.bytes_max()) + "): raise its limit");
    return Error{Errc::invalid, verdict_->message};
  }
  if (!in_memory && space_.bytes() < head.bytes) {
    std::optional<SpoolBudget::Hold> space = budget_.try_acquire(head.bytes);
    if (space) space_ = *std::move(space);
  }
  if (!in_memory && space_.bytes() < head.bytes) {
    waits_for_space_ = true;
    return Error{Errc::unavailable, "waits for spool space"};
  }
  CORDON_TRY(ContentFile file,
             in_memory ? ContentFile::in_memory(head.bytes)
                       : ContentFile::in_directory(options_.spool_directory, head.bytes));
  file_ = std::move(file);
  start_digests();
  return {};
}

void ObjectTransfer::start_digests() {
  sha256_.emplace(Hasher::Kind::sha256);
  md5_.reset();
  checksum_.reset();
  if (head_->checksum) {
    checksum_.emplace(head_->checksum->algorithm);
  } else if (head_->etag_is_md5) {
    md5_.emplace(Hasher::Kind::md5);
  }
}

void ObjectTransfer::give_space(SpoolBudget::Hold space) {
  space_ = std::move(space);
  waits_for_space_ = false;
  refused_ = false;
}

Result<void> ObjectTransfer::write(std::span<const std::byte> bytes) {
  refused_ = true;
  CORDON_TRY(file_->append(bytes));
  refused_ = false;
  sha256_->update(bytes);
  if (md5_) md5_->update(bytes);
  if (checksum_) checksum_->update(bytes);
  return {};
}

Result<ObjectTransfer::MaybeMismatch> ObjectTransfer::verify() {
  if (checksum_) {
    if (checksum_->finish() == head_->checksum->base64) return MaybeMismatch();
    return MaybeMismatch("the content does not have the " +
                         std::string(name_of(head_->checksum->algorithm)) +
                         " checksum that the store states");
  }
  if (md5_ && hex(as_bytes_of(md5_->finish())) != head_->etag.str()) {
    return MaybeMismatch("the content does not have the MD5 that the ETag states");
  }
  return MaybeMismatch();
}

void ObjectTransfer::restart() {
  file_->rewind();
  start_digests();
}

Result<StagedContent> ObjectTransfer::finish() && {
  StagedContent content{.bytes = head_->bytes,
                        .sha256 = hex(as_bytes_of(sha256_->finish())),
                        .verified = head_->checksum,
                        .space = std::move(space_)};
  CORDON_TRY(content.file, std::move(*file_).finish());
  return content;
}

}  // namespace cordon
