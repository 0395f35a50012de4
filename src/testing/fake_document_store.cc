#include "testing/fake_document_store.h"

#include "base/digest.h"
#include "base/text.h"

namespace cordon {

void FakeDocumentStore::put(const std::string& document) {
  std::lock_guard lock(mutex_);
  stored_ = StoredDocument{.document = document,
                           .etag = ETag(hex(md5(as_bytes_of(document)))),
                           .version = VersionId("v" + std::to_string(++versions_))};
}

void FakeDocumentStore::remove() {
  std::lock_guard lock(mutex_);
  stored_.reset();
}

void FakeDocumentStore::fail_with(Error error) {
  std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

void FakeDocumentStore::recover() {
  std::lock_guard lock(mutex_);
  failure_.reset();
}

int FakeDocumentStore::reads() const {
  std::lock_guard lock(mutex_);
  return reads_;
}

int FakeDocumentStore::transfers() const {
  std::lock_guard lock(mutex_);
  return transfers_;
}

Result<std::optional<StoredDocument>> FakeDocumentStore::read(const std::optional<ETag>& known,
                                                              Deadline, std::stop_token stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  std::lock_guard lock(mutex_);
  ++reads_;
  if (failure_) return *failure_;
  if (!stored_) return Error{Errc::not_found, "there is no settings document"};
  if (known == stored_->etag) return std::optional<StoredDocument>();
  ++transfers_;
  return stored_;
}

Result<StoredDocument> FakeDocumentStore::write(const std::string& document,
                                                const std::optional<ETag>& expected, Deadline,
                                                std::stop_token stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
  if (before_write) before_write();
  {
    std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    if (stored_ && stored_->document == document) return *stored_;
    if (stored_.has_value() != expected.has_value() || (stored_ && stored_->etag != *expected)) {
      return Error{Errc::changed, "the settings document is another one"};
    }
  }
  if (writes_swallowed > 0) {
    --writes_swallowed;
    return StoredDocument{.document = document, .etag = ETag(hex(md5(as_bytes_of(document))))};
  }
  put(document);
  std::lock_guard lock(mutex_);
  return *stored_;
}

}  // namespace cordon
