#include "clamav/gzip_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string>
#include <utility>
#include <vector>

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kPieceBytes = 64U << 10;
constexpr int kZlib = 15;            ///< Bits of window,
constexpr int kGzip = kZlib + 16;    ///< and the wrapper of gzip.

class Inflater {
 public:
  Inflater(Bytes file, int wrapper, const UnpackLimits& limits, const TakePiece& take)
      : file_(file), wrapper_(wrapper), limits_(limits), take_(take) {}

  Unpacking run() {
    do {
      if (!unpack_member()) return std::move(done_);
    } while (wrapper_ == kGzip && begins_member(file_.subspan(at_)));
    done_.end = at_;
    return std::move(done_);
  }

 private:
  static bool begins_member(Bytes rest) {
    return rest.size() >= 3 && rest[0] == std::byte{0x1F} && rest[1] == std::byte{0x8B} &&
           rest[2] == std::byte{8};
  }

  bool fail(Reason reason, std::string message) {
    done_.problem = LayerProblem{reason, std::move(message)};
    return false;
  }

  bool unpack_member() {
    z_stream stream{};
    if (inflateInit2(&stream, wrapper_) != Z_OK) {
      return fail(Reason::staging, "no memory to unpack a file");
    }
    const bool whole = inflate_member(stream);
    inflateEnd(&stream);
    return whole;
  }

  bool inflate_member(z_stream& stream) {
    for (;;) {
      if (limits_.should_stop()) return false;
      const Bytes in = file_.subspan(at_, std::min<std::size_t>(file_.size() - at_, UINT_MAX));
      // SAFETY: zlib only reads; its type for bytes is unsigned char, and not const.
      stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data()));
      stream.avail_in = static_cast<uInt>(in.size());
      stream.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream.avail_out = static_cast<uInt>(piece_.size());
      const int answer = inflate(&stream, Z_NO_FLUSH);
      at_ += in.size() - stream.avail_in;
      if (!give(piece_.size() - stream.avail_out)) return false;
      if (answer == Z_STREAM_END) return true;
      if (answer == Z_MEM_ERROR) return fail(Reason::staging, "no memory to unpack a file");
      if (answer == Z_BUF_ERROR ||
          (answer == Z_OK && at_ == file_.size() && stream.avail_out > 0)) {
        return fail(Reason::unsupported, "a compressed file is cut off");
      }
      if (answer != Z_OK) {
        const std::string why = stream.msg == nullptr ? "damaged" : stream.msg;
        return fail(Reason::unsupported, "a compressed file could not be unpacked: " + why);
      }
    }
  }

  bool give(std::size_t count) {
    if (count == 0) return true;
    done_.bytes += count;
    if (done_.bytes > limits_.member_bytes_max) {
      return fail(Reason::too_large, "archive member is larger than the engine can read");
    }
    if (done_.bytes > limits_.bytes_max) {
      return fail(Reason::limit, "archive unpacks to more than the limit");
    }
    const Result<void> taken = take_(Bytes(piece_).first(count));
    return taken.ok() || fail(Reason::staging, taken.error().what);
  }

  const Bytes file_;
  const int wrapper_;
  const UnpackLimits& limits_;
  const TakePiece& take_;
  std::size_t at_ = 0;
  std::vector<std::byte> piece_ = std::vector<std::byte>(kPieceBytes);
  Unpacking done_;
};

}  // namespace

Unpacking unpack_gzip(Bytes file, const UnpackLimits& limits, const TakePiece& take) {
  return Inflater(file, kGzip, limits, take).run();
}

Unpacking unpack_zlib(Bytes file, const UnpackLimits& limits, const TakePiece& take) {
  return Inflater(file, kZlib, limits, take).run();
}

}  // namespace cordon
