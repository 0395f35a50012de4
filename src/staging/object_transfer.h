#pragma once

#include <optional>
#include <string>

#include "staging/content_digests.h"
#include "staging/content_file.h"
#include "staging/stage.h"

namespace cordon {

/// The receiving end of one object's transfer, over any number of connections.
///
/// The first head decides where the content goes and whether it is taken at all. Every later one
/// must tell of the same object.
class ObjectTransfer final : public ByteSink {
 public:
  ObjectTransfer(const StageOptions& options, SpoolBudget& budget, Stage::OnOpen on_open)
      : options_(options), budget_(budget), on_open_(std::move(on_open)) {}

  Result<void> begin(const ObjectHead& head) override;
  Result<void> write(std::span<const std::byte> bytes) override;

  bool started() const { return head_.has_value(); }
  const ObjectHead& head() const { return *head_; }
  std::uint64_t bytes_received() const { return file_ ? file_->bytes_written() : 0; }
  bool is_whole() const { return file_ && bytes_received() == head_->bytes; }
  /// Set when the content is not taken.
  const std::optional<Verdict>& verdict() const { return verdict_; }
  /// The content needs spool space, and none was free.
  bool waits_for_space() const { return waits_for_space_; }
  void give_space(SpoolBudget::Reservation space);
  /// An error came from this side, not from the store.
  bool refused() const { return refused_; }

  /// The content does not fit the spool.
  bool is_too_large_to_keep() const { return too_large_to_keep_; }

  /// What is wrong with the content, if something is. Once per transfer.
  Result<ContentDigests::MaybeMismatch> verify() { return digests_->verify(); }
  /// Forgets the content, keeps the head and the space.
  void restart();
  Result<StagedContent> finish() &&;

 private:
  Result<void> first_head(const ObjectHead& head);

  const StageOptions& options_;
  SpoolBudget& budget_;
  const Stage::OnOpen on_open_;
  std::optional<ObjectHead> head_;
  std::optional<Verdict> verdict_;
  std::optional<ContentFile> file_;
  SpoolBudget::Reservation space_;
  bool waits_for_space_ = false;
  bool refused_ = false;
  bool too_large_to_keep_ = false;
  std::optional<ContentDigests> digests_;
};

}  // namespace cordon
