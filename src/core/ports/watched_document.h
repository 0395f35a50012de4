#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "core/ports/document_store.h"

namespace cordon {

/// A document that others write, looked at again and again: fetched only when it is another one
/// than was read last, and each change of its state is told once. What the document says, and what
/// stays in force while it is away, is its reader's matter.
///
/// Threads: one at a time. The store outlives it.
class WatchedDocument {
 public:
  enum class State : std::uint8_t {
    unread,
    good,
    missing,  ///< There is none.
    refused,  ///< Its reader does not understand it.
    away,     ///< It could not be looked at.
  };

  explicit WatchedDocument(DocumentStore& store) : store_(store) {}

  /// Reads the document where it is another one than was read last, also one that was refused. What
  /// it returns is to be judged with `enter_good` or `enter_refused`; nothing: with
  /// `enter_unchanged`. Errors: as DocumentStore::read.
  Result<std::optional<StoredDocument>> look(Deadline deadline, std::stop_token stop);
  /// As if this state of it had been read here.
  void know(const ETag& etag) { seen_ = etag; }

  // Each is true when the state is another one than before.
  bool enter_good();
  bool enter_refused();
  bool enter_unchanged();
  /// The next document is read whatever it is.
  bool enter_missing();
  bool enter_away() { return enter(State::away); }

  State state() const { return state_; }
  bool is_refused() const { return is_refused_; }
  /// Of what was read last.
  const std::optional<ETag>& seen() const { return seen_; }

 private:
  bool enter(State state);

  DocumentStore& store_;
  std::optional<ETag> seen_;
  bool is_refused_ = false;  ///< What was read last.
  State state_ = State::unread;
};

}  // namespace cordon
