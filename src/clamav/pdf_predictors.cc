#include "clamav/pdf_predictors.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint64_t kRowBytesMax = 64U << 20;

struct Shape {
  std::size_t colors;
  std::size_t bits;
  std::size_t row_bytes;
  std::size_t pixel_bytes;  ///< Rounded up.
};

std::optional<Shape> shape_of(const PdfParameters& parameters) {
  const std::int64_t bits = parameters.bits;
  const bool bits_known = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16;
  if (!bits_known || parameters.colors < 1 || parameters.colors > 256 || parameters.columns < 1 ||
      parameters.columns > std::int64_t{1} << 32) {
    return std::nullopt;
  }
  const auto pixel_bits = static_cast<std::uint64_t>(parameters.colors * bits);
  const std::uint64_t row_bytes =
      (pixel_bits * static_cast<std::uint64_t>(parameters.columns) + 7) / 8;
  if (row_bytes > kRowBytesMax) return std::nullopt;
  return Shape{.colors = static_cast<std::size_t>(parameters.colors),
               .bits = static_cast<std::size_t>(bits),
               .row_bytes = static_cast<std::size_t>(row_bytes),
               .pixel_bytes = static_cast<std::size_t>((pixel_bits + 7) / 8)};
}

/// Gathers rows; a row's memory grows with what arrives, not with what was declared.
class RowStage : public PdfStage {
 public:
  RowStage(PdfStage& next, std::size_t row_bytes) : next_(next), row_bytes_(row_bytes) {}

  bool write(Bytes bytes) override {
    while (!bytes.empty()) {
      const std::size_t count = std::min(bytes.size(), row_bytes_ - row_.size());
      row_.insert(row_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      if (row_.size() == row_bytes_ && !put_row()) return false;
    }
    return true;
  }

  bool finish() override {
    (void)((row_.empty() || put_row()) && flush());
    return next_.finish();
  }

 protected:
  /// What the row means, in place; returns the part of it that is content.
  virtual Bytes undo(std::vector<std::byte>& row) = 0;

 private:
  bool put_row() {
    const Bytes content = undo(row_);
    out_.insert(out_.end(), content.begin(), content.end());
    row_.clear();
    return out_.size() < kOutBytes || flush();
  }

  bool flush() {
    const bool go_on = out_.empty() || next_.write(out_);
    out_.clear();
    return go_on;
  }

  static constexpr std::size_t kOutBytes = 64U << 10;

  PdfStage& next_;
  std::size_t row_bytes_;
  std::vector<std::byte> row_;
  std::vector<std::byte> out_;
};

/// PNG (RFC 2083, 6): each row begins with the number of its filter.
class PngStage final : public RowStage {
 public:
  PngStage(PdfStage& next, const Shape& shape)
      : RowStage(next, shape.row_bytes + 1), pixel_bytes_(shape.pixel_bytes) {}

 private:
  Bytes undo(std::vector<std::byte>& row) override {
    if (above_.size() < row.size()) above_.resize(row.size());
    const auto filter = std::to_integer<unsigned>(row[0]);
    for (std::size_t i = 1; i < row.size(); ++i) {
      const unsigned left = i > pixel_bytes_ ? value(row[i - pixel_bytes_]) : 0;
      const unsigned corner = i > pixel_bytes_ ? value(above_[i - pixel_bytes_]) : 0;
      const unsigned guess = predicted(filter, left, value(above_[i]), corner);
      row[i] = static_cast<std::byte>((value(row[i]) + guess) & 0xFFU);
    }
    std::ranges::copy(row, above_.begin());
    return Bytes(row).subspan(1);
  }

  static unsigned value(std::byte b) { return std::to_integer<unsigned>(b); }

  static unsigned predicted(unsigned filter, unsigned left, unsigned up, unsigned corner) {
    switch (filter) {
      case 1:
        return left;
      case 2:
        return up;
      case 3:
        return (left + up) / 2;
      case 4:
        return paeth(static_cast<int>(left), static_cast<int>(up), static_cast<int>(corner));
      default:
        return 0;
    }
  }

  static unsigned paeth(int left, int up, int corner) {
    const int guess = left + up - corner;
    const int to_left = std::abs(guess - left);
    const int to_up = std::abs(guess - up);
    const int to_corner = std::abs(guess - corner);
    if (to_left <= to_up && to_left <= to_corner) return static_cast<unsigned>(left);
    return static_cast<unsigned>(to_up <= to_corner ? up : corner);
  }

  std::size_t pixel_bytes_;
  std::vector<std::byte> above_;
};

/// TIFF 6.0, section 14: each sample is the difference to the one of the same colour on its left.
class TiffStage final : public RowStage {
 public:
  TiffStage(PdfStage& next, const Shape& shape) : RowStage(next, shape.row_bytes), shape_(shape) {}

 private:
  Bytes undo(std::vector<std::byte>& row) override {
    if (shape_.bits == 8) {
      for (std::size_t i = shape_.colors; i < row.size(); ++i) {
        row[i] = sum(row[i], row[i - shape_.colors]);
      }
    } else if (shape_.bits == 16) {
      undo_16(row);
    } else {
      undo_small(row);
    }
    return row;
  }

  static std::byte sum(std::byte a, std::byte b) {
    return static_cast<std::byte>((std::to_integer<unsigned>(a) + std::to_integer<unsigned>(b)) &
                                  0xFFU);
  }

  void undo_16(std::vector<std::byte>& row) const {
    const auto at = [&](std::size_t i) {
      return std::to_integer<unsigned>(row[i]) << 8U | std::to_integer<unsigned>(row[i + 1]);
    };
    const std::size_t back = 2 * shape_.colors;
    for (std::size_t i = back; i + 1 < row.size(); i += 2) {
      const unsigned sample = at(i) + at(i - back);
      row[i] = static_cast<std::byte>(sample >> 8U & 0xFFU);
      row[i + 1] = static_cast<std::byte>(sample & 0xFFU);
    }
  }

  void undo_small(std::vector<std::byte>& row) const {
    const std::size_t bits = shape_.bits;
    const unsigned mask = (1U << bits) - 1;
    const std::size_t samples = row.size() * 8 / bits;
    std::vector<unsigned> left(shape_.colors, 0);
    for (std::size_t i = 0; i < samples; ++i) {
      const std::size_t byte = i * bits / 8;
      const std::size_t shift = 8 - bits - i * bits % 8;
      unsigned& sample = left[i % shape_.colors];
      sample = (sample + (std::to_integer<unsigned>(row[byte]) >> shift)) & mask;
      const auto cleared = row[byte] & ~static_cast<std::byte>(mask << shift);
      row[byte] = cleared | static_cast<std::byte>(sample << shift);
    }
  }

  Shape shape_;
};

}  // namespace

std::unique_ptr<PdfStage> make_predictor(const PdfParameters& parameters, PdfStage& next,
                                         PdfDamage& damage) {
  const bool png = parameters.predictor >= 10 && parameters.predictor <= 15;
  if (!png && parameters.predictor != 2) return nullptr;
  const std::optional<Shape> shape = shape_of(parameters);
  if (!shape) {
    damage.damaged = true;
    return nullptr;
  }
  if (png) return std::make_unique<PngStage>(next, *shape);
  return std::make_unique<TiffStage>(next, *shape);
}

}  // namespace cordon
