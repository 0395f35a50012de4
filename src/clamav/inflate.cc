#include "clamav/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

namespace cordon {
namespace {

constexpr std::size_t kChunkBytes = 64U << 10;

/// One stream of zlib's; calls `take` with each piece until that returns false.
class Inflater {
 public:
  explicit Inflater(InflateForm form) {
    ready_ = inflateInit2(&stream_, form == InflateForm::zlib ? MAX_WBITS : -MAX_WBITS) == Z_OK;
  }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// True at the end of the stream.
  template <typename Take>
  bool run(std::string_view packed, std::size_t chunk_bytes, const Take& take) {
    if (!ready_) return false;
    std::vector<char> chunk(chunk_bytes);
    for (int answer = Z_OK; answer == Z_OK || answer == Z_BUF_ERROR;) {
      if (stream_.avail_in == 0) feed(packed);
      stream_.next_out = reinterpret_cast<Bytef*>(chunk.data());
      stream_.avail_out = static_cast<uInt>(chunk.size());
      answer = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t count = chunk.size() - stream_.avail_out;
      if (count > 0 && !take(std::string_view(chunk.data(), count))) return false;
      if (answer == Z_STREAM_END) return true;
      if (count == 0 && stream_.avail_in == 0 && packed.empty()) return false;
    }
    return false;
  }

 private:
  void feed(std::string_view& packed) {
    constexpr std::size_t kPieceBytes = 1U << 30;
    const std::string_view piece = packed.substr(0, kPieceBytes);
    packed.remove_prefix(piece.size());
    // SAFETY: zlib only reads its input; its interface takes no const for historical reasons.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
  }

  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

bool inflate_into(std::string_view packed, InflateForm form, MemberFeed& feed, StagedMember& out) {
  Inflater inflater(form);
  const bool ended = inflater.run(packed, kChunkBytes, [&](std::string_view piece) {
    out.append(piece);
    return !out.problem() && feed.wants_more();
  });
  return ended || out.problem() || !feed.wants_more();
}

std::string inflate_beginning(std::string_view packed, InflateForm form, std::size_t bytes_max) {
  std::string out;
  Inflater inflater(form);
  inflater.run(packed, bytes_max, [&](std::string_view piece) {
    out.append(piece.substr(0, bytes_max - out.size()));
    return out.size() < bytes_max;
  });
  return out;
}

}  // namespace cordon
