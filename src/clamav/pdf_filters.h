#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace cordon {

/// The filters of PDF (ISO 32000-1, 7.4) that hide bytes. Those that encode pictures (DCT, JPX,
/// CCITT, JBIG2) are not here: what they encode stays as it is.
enum class PdfFilter : std::uint8_t { flate, lzw, ascii_85, ascii_hex, run_length };

/// DecodeParms of one filter; the values that the specification gives when they are missing.
struct PdfParameters {
  std::int64_t predictor = 1;
  std::int64_t colors = 1;
  std::int64_t bits = 8;
  std::int64_t columns = 1;
  std::int64_t early_change = 1;

  bool operator==(const PdfParameters&) const = default;
};

/// One filter of a stream, with its parameters: what `decode_pdf` applies.
struct PdfStep {
  PdfFilter filter;
  PdfParameters parameters = {};

  bool operator==(const PdfStep&) const = default;
};

/// How a stream is encrypted, before all filters.
struct PdfCipher {
  enum class Method : std::uint8_t { none, rc4, aes, unknown };

  Method method = Method::none;
  std::string key = {};
};

/// How `decode_pdf` ended.
enum class PdfDecoding : std::uint8_t {
  whole,
  cut_off,  ///< The data ended before its mark of the end; all that it holds was decoded.
  damaged,  ///< Something in it cannot be decoded: readers will disagree about the rest.
  stopped,  ///< By `use`.
};

/// Decrypts `data` and runs it through the filters, in their order, and hands what comes out to
/// `use` piece by piece; `use` returns false to stop. What was decoded in front of damage is handed
/// out too.
///
/// Pure. Memory: a few KiB for each step, and one row of a predictor (at most 64 MiB, and never
/// more than was decoded).
PdfDecoding decode_pdf(std::span<const std::byte> data, const PdfCipher& cipher,
                       std::span<const PdfStep> steps,
                       const std::function<bool(std::span<const std::byte>)>& use);

}  // namespace cordon
