#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "devcloud/access/sigv4_verify.h"
#include "devcloud/aws_error.h"
#include "net/http.h"

namespace cordon::cloud {

/// Decodes a body in `aws-chunked` framing as it arrives, and checks the signature of each chunk
/// and of the trailer where the body has them.
class AwsChunkedDecoder {
 public:
  /// `authority` is the verified head of the request; its payload hash names the variant.
  AwsChunkedDecoder(const Signed& authority, std::function<void(std::string_view)> data);

  static bool is_streaming(std::string_view payload_hash);

  Answer<void> write(std::string_view bytes);
  /// After the last byte. IncompleteBody when the frames did not end.
  Answer<void> finish();
  const Headers& trailers() const { return trailers_; }

 private:
  enum class State : std::uint8_t { size, data, data_end, trailer, done };

  Answer<void> take_line(std::string_view line);
  Answer<void> take_size(std::string_view line);
  Answer<void> take_trailer(std::string_view line);
  Answer<void> check_chunk();
  Answer<void> check_trailer(std::string_view signature);

  const Signed authority_;
  const std::function<void(std::string_view)> data_;
  const bool signed_chunks_;
  const bool has_trailer_;
  State state_ = State::size;
  std::string line_;
  std::uint64_t left_ = 0;
  bool last_ = false;
  std::string chunk_signature_;
  std::string previous_signature_;
  std::optional<Hasher> hasher_;
  std::string trailer_text_;
  bool trailer_signed_ = false;
  Headers trailers_;
};

}  // namespace cordon::cloud
