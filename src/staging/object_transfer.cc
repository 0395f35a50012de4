#include "staging/object_transfer.h"

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
        unscannable_verdict(Reason::too_large, "larger than objects are scanned (" +
                                                   size_text(options_.object_bytes_max) + ")");
    return Error{Errc::invalid, verdict_->message};
  }
  const bool in_memory = head.bytes <= options_.memory_bytes_max;
  if (!in_memory && head.bytes > budget_.bytes_max()) {
    too_large_to_keep_ = true;
    return Error{Errc::invalid, "larger than the whole spool"};
  }
  if (!in_memory && space_.bytes() < head.bytes) {
    std::optional<SpoolBudget::Reservation> space = budget_.try_acquire(head.bytes);
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
  digests_.emplace(head);
  return {};
}

void ObjectTransfer::give_space(SpoolBudget::Reservation space) {
  space_ = std::move(space);
  waits_for_space_ = false;
  refused_ = false;
}

Result<void> ObjectTransfer::write(std::span<const std::byte> bytes) {
  refused_ = true;
  CORDON_TRY(file_->append(bytes));
  refused_ = false;
  digests_->update(bytes);
  return {};
}

void ObjectTransfer::restart() {
  file_->rewind();
  digests_.emplace(*head_);
}

Result<StagedContent> ObjectTransfer::finish() && {
  StagedContent content{.bytes = head_->bytes,
                        .sha256 = digests_->sha256(),
                        .verified = head_->checksum,
                        .space = std::move(space_)};
  CORDON_TRY(content.file, std::move(*file_).finish());
  return content;
}

}  // namespace cordon
