#include "core/ports/small_document.h"

namespace cordon {
namespace {

class TextSink final : public ByteSink {
 public:
  explicit TextSink(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  Result<void> begin(const ObjectHead& head) override {
    if (head.bytes > bytes_max_) return too_long();
    return {};
  }
  Result<void> write(std::span<const std::byte> bytes) override {
    if (text.size() + bytes.size() > bytes_max_) return too_long();
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }

  std::string text;

 private:
  Error too_long() const {
    return Error{Errc::invalid,
                 "the document is longer than " + std::to_string(bytes_max_) + " bytes"};
  }

  const std::size_t bytes_max_;
};

}  // namespace

Result<SmallDocument> read_small(ObjectStore& store, const ObjectRef& object, std::size_t bytes_max,
                                 Deadline deadline, std::stop_token stop) {
  TextSink sink(bytes_max);
  CORDON_TRY(const ObjectHead head, store.read(object, {}, sink, deadline, std::move(stop)));
  return SmallDocument{std::move(sink.text), head.etag};
}

}  // namespace cordon
