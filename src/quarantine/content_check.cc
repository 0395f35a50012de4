#include "quarantine/content_check.h"

#include "base/digest.h"
#include "base/retry.h"
#include "base/text.h"
#include "core/object_state.h"

namespace cordon {
namespace {

constexpr int kResumesMax = 20;

class HashSink final : public ByteSink {
 public:
  Result<void> begin(const ObjectHead&) override { return {}; }
  Result<void> write(std::span<const std::byte> bytes) override {
    hasher_.update(bytes);
    received_ += bytes.size();
    return {};
  }
  std::uint64_t received() const { return received_; }
  std::string finish() { return hex(as_bytes_of(hasher_.finish())); }

 private:
  Hasher hasher_{Hasher::Kind::sha256};
  std::uint64_t received_ = 0;
};

}  // namespace

Result<std::string> sha256_of(ObjectStore& store, const KnownObject& object, Deadline deadline,
                              std::stop_token stop) {
  HashSink sink;
  for (int attempt = 0; attempt < kResumesMax; ++attempt) {
    const std::uint64_t before = sink.received();
    const ReadOptions options{.if_match = object.head.etag, .offset = before};
    const Result<ObjectHead> read = store.read(object.object, options, sink, deadline, stop);
    if (sink.received() == object.head.bytes) return sink.finish();
    if (read) {
      return Error{Errc::unavailable, to_string(object.object) + ": the store sent " +
                                          std::to_string(sink.received()) + " bytes of " +
                                          std::to_string(object.head.bytes)};
    }
    const bool got_on = sink.received() > before && sink.received() < object.head.bytes;
    if (!got_on || !is_transient(read.error().code)) return read.error();
  }
  return Error{Errc::unavailable, to_string(object.object) + ": the transfer was cut too often"};
}

Result<bool> same_content(ObjectStore& store, const KnownObject& a, const KnownObject& b,
                          Deadline deadline, std::stop_token stop) {
  if (a.head.bytes != b.head.bytes) return false;
  if (a.head.etag_is_md5 && b.head.etag_is_md5) return a.head.etag == b.head.etag;
  if (have_comparable_checksums(a.head.checksum, b.head.checksum)) {
    return *a.head.checksum == *b.head.checksum;
  }
  CORDON_TRY(const std::string of_a, sha256_of(store, a, deadline, stop));
  CORDON_TRY(const std::string of_b, sha256_of(store, b, deadline, stop));
  return of_a == of_b;
}

}  // namespace cordon
