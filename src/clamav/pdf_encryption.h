#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clamav/pdf_filters.h"
#include "clamav/pdf_objects.h"
#include "clamav/pdf_predictors.h"
#include "clamav/pdf_syntax.h"

namespace cordon {

/// The standard security handler (ISO 32000-2, 7.6.4) of a file whose user password is empty:
/// every reader opens it without asking, so that is no lock.
class PdfEncryption {
 public:
  /// `dictionary` is what /Encrypt stands for, `id` the first half of the file's /ID. Nothing when
  /// the password is not empty, or the way to encrypt is unknown.
  static std::optional<PdfEncryption> open(const PdfValue& dictionary, std::string_view id,
                                           const PdfObjects& objects);

  /// For the stream that is object `place`; `filter` is the name that its own /Crypt filter gives.
  PdfCipher cipher_for(const PdfObjects::Place& place, const PdfValue& stream,
                       const std::optional<std::string>& filter) const;
  /// For the texts in that object; those in an object stream are encrypted with it.
  PdfCipher text_cipher_for(const PdfObjects::Place& place) const;

 private:
  using Method = PdfCipher::Method;

  struct Filter {
    std::string name;
    Method method;
  };

  Method method_named(std::string_view name) const;
  PdfCipher keyed(Method method, const PdfObjects::Place& place) const;
  bool read_filters(const PdfValue& dictionary, const PdfObjects& objects);
  bool derive_key(const PdfValue& dictionary, std::string_view id);
  bool derive_key_256(const PdfValue& dictionary);

  std::int64_t version_ = 0;
  std::int64_t revision_ = 0;
  std::size_t key_bytes_ = 5;
  bool encrypts_metadata_ = true;
  std::vector<Filter> filters_;
  std::string stream_filter_;  ///< Name of the filter for streams,
  std::string file_filter_;    ///< of that for embedded files,
  std::string text_filter_;    ///< and of that for texts.
  std::string key_;
};

/// The stage that decrypts; nothing for Method::none.
std::unique_ptr<PdfStage> make_decryption(const PdfCipher& cipher, PdfStage& next,
                                          PdfDamage& damage);

}  // namespace cordon
