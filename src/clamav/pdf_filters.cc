#include "clamav/pdf_filters.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "clamav/pdf_encryption.h"
#include "clamav/pdf_predictors.h"

// Each filter is a stage that is pushed bytes and pushes what it makes of them into the next one,
// so that a chain of any length needs no memory for what is between two filters.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kChunkBytes = 64U << 10;

bool is_space(std::byte b) {
  return b == std::byte{' '} || b == std::byte{'\n'} || b == std::byte{'\r'} ||
         b == std::byte{'\t'} || b == std::byte{'\f'} || b == std::byte{0};
}

/// Collects single bytes for the next stage.
class Output {
 public:
  explicit Output(PdfStage& next) : next_(next) { bytes_.reserve(kChunkBytes); }

  bool put(std::byte byte) {
    bytes_.push_back(byte);
    return bytes_.size() < kChunkBytes || flush();
  }
  bool flush() {
    const bool go_on = bytes_.empty() || next_.write(bytes_);
    bytes_.clear();
    return go_on;
  }

 private:
  PdfStage& next_;
  std::vector<std::byte> bytes_;
};

class FlateStage final : public PdfStage {
 public:
  FlateStage(PdfStage& next, PdfDamage& damage) : next_(next), damage_(damage) {}
  ~FlateStage() override {
    if (ready_) inflateEnd(&stream_);
  }

  bool write(Bytes bytes) override {
    // Some readers take no notice of the two bytes of zlib's header, so one that is wrong, or is
    // behind a line end too many, must not keep us from the content.
    while (!ready_ && !bytes.empty()) {
      const std::byte byte = bytes.front();
      bytes = bytes.subspan(1);
      if (head_bytes_ == 0 && is_space(byte)) continue;
      head_[head_bytes_++] = std::to_integer<std::uint8_t>(byte);
      if (head_bytes_ == 2 && !begin()) return false;
    }
    return bytes.empty() || inflate_all(bytes);
  }

  bool finish() override {
    if (!ended_) damage_.cut_off = true;
    return next_.finish();
  }

 private:
  bool begin() {
    const unsigned both = unsigned{head_[0]} << 8U | head_[1];
    const bool is_zlib =
        (head_[0] & 0x0FU) == 8 && head_[0] >> 4U <= 7 && both % 31 == 0 && (head_[1] & 0x20U) == 0;
    if (inflateInit2(&stream_, is_zlib ? MAX_WBITS : -MAX_WBITS) != Z_OK) {
      damage_.damaged = true;
      return false;
    }
    ready_ = true;
    return !is_zlib || inflate_all(std::as_bytes(std::span(head_)));
  }

  bool inflate_all(Bytes bytes) {
    if (ended_) return false;
    std::vector<std::byte>& out = out_;
    out.resize(kChunkBytes);
    // SAFETY: zlib only reads its input; its field takes no const for historical reasons. The
    // sizes are below 4 GiB: an object of that size is not mapped as a whole.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    for (;;) {
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = static_cast<uInt>(out.size());
      const int answer = inflate(&stream_, Z_NO_FLUSH);
      const Bytes made = Bytes(out).first(out.size() - stream_.avail_out);
      if (!made.empty() && !next_.write(made)) return false;
      if (answer == Z_STREAM_END) return !(ended_ = true);
      if (answer == Z_BUF_ERROR) return true;  // It wants more input.
      if (answer != Z_OK) return fail();
    }
  }

  bool fail() {
    ended_ = true;
    // A wrong checksum at the end: everything is there.
    const std::string_view words = stream_.msg == nullptr ? "" : stream_.msg;
    if (words != "incorrect data check") damage_.damaged = true;
    return false;
  }

  PdfStage& next_;
  PdfDamage& damage_;
  z_stream stream_ = {};
  std::array<std::uint8_t, 2> head_ = {};
  std::size_t head_bytes_ = 0;
  bool ready_ = false;
  bool ended_ = false;
  std::vector<std::byte> out_;
};

/// ISO 32000-1, 7.4.4: codes of 9 to 12 bits, the highest first; 256 empties the table, 257 ends.
class LzwStage final : public PdfStage {
 public:
  LzwStage(PdfStage& next, PdfDamage& damage, bool early_change)
      : next_(next), out_(next), damage_(damage), early_(early_change ? 1U : 0U) {}

  bool write(Bytes bytes) override {
    for (const std::byte byte : bytes) {
      if (ended_) return false;
      bits_ = bits_ << 8U | std::to_integer<std::uint32_t>(byte);
      bit_count_ += 8;
      if (bit_count_ < width_) continue;
      bit_count_ -= width_;
      const std::uint32_t code = bits_ >> bit_count_ & ((1U << width_) - 1);
      if (!take(code)) return false;
    }
    return true;
  }

  bool finish() override {
    if (!ended_) damage_.cut_off = true;
    out_.flush();
    return next_.finish();  // Also when it has ended: it may hold bytes back.
  }

 private:
  static constexpr std::uint32_t kClear = 256;
  static constexpr std::uint32_t kEnd = 257;
  static constexpr std::uint32_t kFirst = 258;
  static constexpr std::uint32_t kCodes = 4096;

  struct Entry {
    std::uint16_t before = 0;
    std::byte last = {};
    std::byte first = {};
  };

  bool take(std::uint32_t code) {
    if (code == kEnd) return !(ended_ = true);
    if (code == kClear) {
      next_code_ = kFirst;
      width_ = 9;
      last_ = std::nullopt;
      return true;
    }
    const bool known = code < kClear || (code >= kFirst && code < next_code_);
    const bool is_next = code == next_code_ && last_ && next_code_ < kCodes;
    if (!known && !is_next) {
      damage_.damaged = true;
      return !(ended_ = true);
    }
    if (last_ && next_code_ < kCodes) {
      const std::byte first = first_of(known ? code : *last_);
      table_[next_code_++] = {static_cast<std::uint16_t>(*last_), first, first_of(*last_)};
      widen();
    }
    last_ = code;
    return put(code);
  }

  void widen() {
    if (next_code_ + early_ >= 1U << width_ && width_ < 12) ++width_;
  }

  std::byte first_of(std::uint32_t code) const {
    return code < kClear ? static_cast<std::byte>(code) : table_[code].first;
  }

  bool put(std::uint32_t code) {
    word_.clear();
    for (; code >= kFirst; code = table_[code].before) word_.push_back(table_[code].last);
    word_.push_back(static_cast<std::byte>(code));
    for (auto byte = word_.rbegin(); byte != word_.rend(); ++byte) {
      if (!out_.put(*byte)) return !(ended_ = true);
    }
    return true;
  }

  PdfStage& next_;
  Output out_;
  PdfDamage& damage_;
  std::uint32_t early_;
  std::uint32_t bits_ = 0;
  std::uint32_t bit_count_ = 0;
  std::uint32_t width_ = 9;
  std::uint32_t next_code_ = kFirst;
  std::optional<std::uint32_t> last_;
  std::vector<Entry> table_ = std::vector<Entry>(kCodes);
  std::vector<std::byte> word_;
  bool ended_ = false;
};

class Ascii85Stage final : public PdfStage {
 public:
  Ascii85Stage(PdfStage& next, PdfDamage& damage) : next_(next), out_(next), damage_(damage) {}

  bool write(Bytes bytes) override {
    for (const std::byte byte : bytes) {
      const auto c = std::to_integer<unsigned char>(byte);
      if (ended_) return false;
      if (is_space(byte)) continue;
      // "<~" is the mark of a beginning that PDF does without; "<" alone is a digit.
      const bool marked = c == '~' && taken_ == 1 && value_ == '<' - '!';
      if (marked) {
        value_ = count_ = 0;
        ++taken_;
        continue;
      }
      if (c == '~') {
        ended_ = true;
        return false;
      }
      if (!take(c)) return false;
    }
    return true;
  }

  bool finish() override {
    if (!ended_) damage_.cut_off = true;
    (void)(put_rest() && out_.flush());
    return next_.finish();
  }

 private:
  bool take(unsigned char c) {
    if (c == 'z' && count_ == 0) {
      for (int i = 0; i < 4; ++i) {
        if (!out_.put(std::byte{0})) return false;
      }
      return true;
    }
    if (c < '!' || c > 'u') {
      damage_.damaged = true;
      return true;
    }
    ++taken_;
    value_ = value_ * 85 + (c - '!');
    return ++count_ < 5 || put(4);
  }

  bool put(unsigned bytes) {
    if (value_ > 0xFFFFFFFFU) damage_.damaged = true;
    for (unsigned i = 0; i < bytes; ++i) {
      if (!out_.put(static_cast<std::byte>(value_ >> (24 - 8 * i) & 0xFFU))) return false;
    }
    value_ = 0;
    count_ = 0;
    return true;
  }

  bool put_rest() {
    if (count_ < 2) return true;
    const unsigned bytes = count_ - 1;
    for (; count_ < 5; ++count_) value_ = value_ * 85 + 84;
    return put(bytes);
  }

  PdfStage& next_;
  Output out_;
  PdfDamage& damage_;
  std::uint64_t value_ = 0;
  unsigned count_ = 0;
  std::uint64_t taken_ = 0;  ///< Digits so far.
  bool ended_ = false;
};

class AsciiHexStage final : public PdfStage {
 public:
  AsciiHexStage(PdfStage& next, PdfDamage& damage) : next_(next), out_(next), damage_(damage) {}

  bool write(Bytes bytes) override {
    for (const std::byte byte : bytes) {
      if (ended_) return false;
      if (is_space(byte)) continue;
      if (byte == std::byte{'>'}) {
        ended_ = true;
        return false;
      }
      const int digit = value_of(std::to_integer<char>(byte));
      if (digit < 0) {
        damage_.damaged = true;
      } else if (!high_) {
        high_ = digit;
      } else if (!out_.put(
                     static_cast<std::byte>(*std::exchange(high_, std::nullopt) * 16 + digit))) {
        return false;
      }
    }
    return true;
  }

  bool finish() override {
    if (!ended_) damage_.cut_off = true;
    if (high_) out_.put(static_cast<std::byte>(*high_ * 16));
    out_.flush();
    return next_.finish();  // Also when it has ended: it may hold bytes back.
  }

 private:
  static int value_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  PdfStage& next_;
  Output out_;
  PdfDamage& damage_;
  std::optional<int> high_;
  bool ended_ = false;
};

class RunLengthStage final : public PdfStage {
 public:
  RunLengthStage(PdfStage& next, PdfDamage& damage) : next_(next), out_(next), damage_(damage) {}

  bool write(Bytes bytes) override {
    for (const std::byte byte : bytes) {
      if (ended_) return false;
      if (copies_ > 0) {
        --copies_;
        if (!out_.put(byte)) return false;
      } else if (repeats_ > 0) {
        for (; repeats_ > 0; --repeats_) {
          if (!out_.put(byte)) return false;
        }
      } else {
        const auto length = std::to_integer<unsigned>(byte);
        ended_ = length == 128;
        copies_ = length < 128 ? length + 1 : 0;
        repeats_ = length > 128 ? 257 - length : 0;
      }
    }
    return !ended_;
  }

  bool finish() override {
    if (!ended_) damage_.cut_off = true;
    out_.flush();
    return next_.finish();  // Also when it has ended: it may hold bytes back.
  }

 private:
  PdfStage& next_;
  Output out_;
  PdfDamage& damage_;
  unsigned copies_ = 0;
  unsigned repeats_ = 0;
  bool ended_ = false;
};

class UseStage final : public PdfStage {
 public:
  explicit UseStage(const std::function<bool(Bytes)>& use) : use_(use) {}

  bool write(Bytes bytes) override {
    stopped = stopped || !use_(bytes);
    return !stopped;
  }
  bool finish() override { return !stopped; }

  bool stopped = false;

 private:
  const std::function<bool(Bytes)>& use_;
};

std::unique_ptr<PdfStage> stage_for(const PdfStep& step, PdfStage& next, PdfDamage& damage) {
  switch (step.filter) {
    case PdfFilter::flate:
      return std::make_unique<FlateStage>(next, damage);
    case PdfFilter::lzw:
      return std::make_unique<LzwStage>(next, damage, step.parameters.early_change != 0);
    case PdfFilter::ascii_85:
      return std::make_unique<Ascii85Stage>(next, damage);
    case PdfFilter::ascii_hex:
      return std::make_unique<AsciiHexStage>(next, damage);
    case PdfFilter::run_length:
      return std::make_unique<RunLengthStage>(next, damage);
  }
  return nullptr;
}

bool may_have_predictor(PdfFilter filter) {
  return filter == PdfFilter::flate || filter == PdfFilter::lzw;
}

}  // namespace

PdfDecoding decode_pdf(Bytes data, const PdfCipher& cipher, std::span<const PdfStep> steps,
                       const std::function<bool(Bytes)>& use) {
  UseStage last(use);
  PdfDamage damage;
  std::vector<std::unique_ptr<PdfStage>> stages;  // From the last to the first.
  PdfStage* next = &last;
  for (std::size_t i = steps.size(); i-- > 0;) {
    if (may_have_predictor(steps[i].filter)) {
      if (auto predictor = make_predictor(steps[i].parameters, *next, damage)) {
        next = stages.emplace_back(std::move(predictor)).get();
      }
    }
    next = stages.emplace_back(stage_for(steps[i], *next, damage)).get();
  }
  if (auto decryption = make_decryption(cipher, *next, damage)) {
    next = stages.emplace_back(std::move(decryption)).get();
  }
  // In pieces, so that a stage never sees more than zlib's 32 bits can count.
  for (bool go_on = true; go_on && !data.empty();) {
    const Bytes piece = data.first(std::min(data.size(), kChunkBytes));
    data = data.subspan(piece.size());
    go_on = next->write(piece);
  }
  next->finish();
  if (last.stopped) return PdfDecoding::stopped;
  if (damage.damaged) return PdfDecoding::damaged;
  return damage.cut_off ? PdfDecoding::cut_off : PdfDecoding::whole;
}

}  // namespace cordon
