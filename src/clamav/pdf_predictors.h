#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "clamav/pdf_filters.h"

namespace cordon {

/// One step of a chain of PDF filters: takes bytes, and passes what it makes of them on.
class PdfStage {
 public:
  virtual ~PdfStage() = default;

  /// False: no more bytes are wanted, because the data says that it ends here, is damaged, or
  /// because somebody further on has enough.
  virtual bool write(std::span<const std::byte> bytes) = 0;
  /// Once, when there are no more bytes; passes on what was held back. False as above.
  virtual bool finish() = 0;
};

/// What the stages of one chain find wrong with their data. All of them write it; `decode_pdf`
/// makes a PdfDecoding of it.
struct PdfDamage {
  bool cut_off = false;
  bool damaged = false;
};

/// The stage that turns differences between samples back into samples (ISO 32000-1, 7.4.4.4);
/// nothing when `parameters` ask for none.
std::unique_ptr<PdfStage> make_predictor(const PdfParameters& parameters, PdfStage& next,
                                         PdfDamage& damage);

}  // namespace cordon
