#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "core/ports/document_store.h"

namespace cordon {

/// One document in memory. Threads: any.
class FakeDocumentStore final : public DocumentStore {
 public:
  Result<std::optional<StoredDocument>> read(const std::optional<ETag>& known, Deadline deadline,
                                             std::stop_token stop) override;
  Result<StoredDocument> write(const std::string& document, const std::optional<ETag>& expected,
                               Deadline deadline, std::stop_token stop) override;

  /// As somebody with other tools does it: whatever is there, whatever it is.
  void put(const std::string& document);
  void remove();
  /// Every call fails so until `recover`.
  void fail_with(Error error);
  void recover();
  int reads() const;
  /// Called before each write, as somebody else who is faster.
  std::function<void()> before_write = {};
  /// The next so many writes are answered with success, and not done.
  int writes_swallowed = 0;
  /// How many of the reads brought a document.
  int transfers() const;

 private:
  mutable std::mutex mutex_;
  std::optional<StoredDocument> stored_;
  std::optional<Error> failure_;
  int versions_ = 0;
  int reads_ = 0;
  int transfers_ = 0;
};

}  // namespace cordon
