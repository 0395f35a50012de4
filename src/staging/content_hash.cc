#include "staging/content_hash.h"

#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "core/failure_verdicts.h"

namespace cordon {
namespace {

class HashingSink final : public ByteSink {
 public:
  explicit HashingSink(const ObjectHead& head) : head_(head) {}

  Result<void> begin(const ObjectHead& head) override {
    if (head.etag == head_.etag && head.bytes == head_.bytes) return {};
    return Error{Errc::changed, "the object changed while it was read"};
  }
  Result<void> write(std::span<const std::byte> bytes) override {
    if (bytes.size() > head_.bytes - received_) {
      return Error{Errc::changed, "the object is longer than its head says"};
    }
    received_ += bytes.size();
    hasher_.update(bytes);
    return {};
  }

  std::uint64_t received() const { return received_; }
  bool is_whole() const { return received_ == head_.bytes; }
  std::string finish() { return hex(as_bytes_of(hasher_.finish())); }

 private:
  const ObjectHead& head_;
  std::uint64_t received_ = 0;
  Hasher hasher_{Hasher::Kind::sha256};
};

}  // namespace

Result<std::string> content_hash(ObjectStore& store, const ObjectRef& object,
                                 const ObjectHead& head, const RetryContext& context) {
  HashingSink sink(head);
  // Ends: each round but the last one counts towards the policy's attempts.
  bool was_refused = false;
  for (int attempt = 1;; ++attempt) {
    const ReadOptions options{.if_match = head.etag, .offset = sink.received()};
    Result<ObjectHead> read = store.read(object, options, sink, context.deadline, context.stop);
    if (read && !sink.is_whole()) {
      read = Error{Errc::unavailable, to_string(object) + ": the transfer ended too early"};
    }
    // A connection that is lost after the last byte has delivered everything.
    if (read || (sink.is_whole() && is_transient(read.error().code))) return sink.finish();
    // A refusal is final for the object, so no single answer says it.
    if (is_denied_for_object(read.error()) && !std::exchange(was_refused, true)) continue;
    if (!should_retry(context, read.error(), attempt)) return read.error();
  }
}

}  // namespace cordon
