#include "devcloud/s3/aws_chunked.h"

#include <charconv>

#include "base/text.h"

namespace cordon::cloud {
namespace {

constexpr std::size_t kLineBytesMax = 4096;
constexpr std::size_t kTrailersMax = 16;

AwsError broken(std::string message) { return {400, "InvalidRequest", std::move(message)}; }

AwsError wrong_signature() {
  return {403, "SignatureDoesNotMatch",
          "The request signature we calculated does not match the signature you provided. Check "
          "your key and signing method."};
}

std::string sign(const Signed& authority, std::string_view text) {
  return hex(hmac_sha256(as_bytes_of(authority.signing_key), text));
}

}  // namespace

bool AwsChunkedDecoder::is_streaming(std::string_view payload_hash) {
  return payload_hash.starts_with("STREAMING-");
}

AwsChunkedDecoder::AwsChunkedDecoder(const Signed& authority,
                                     std::function<void(std::string_view)> data)
    : authority_(authority),
      data_(std::move(data)),
      signed_chunks_(authority.payload_hash.starts_with("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")),
      has_trailer_(authority.payload_hash.ends_with("-TRAILER")),
      previous_signature_(authority.signature) {}

Answer<void> AwsChunkedDecoder::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (state_ == State::done) return broken("bytes follow the last chunk");
    if (state_ == State::data) {
      const std::string_view piece = bytes.substr(0, std::min<std::uint64_t>(left_, bytes.size()));
      if (hasher_) hasher_->update(as_bytes_of(piece));
      data_(piece);
      left_ -= piece.size();
      bytes.remove_prefix(piece.size());
      if (left_ == 0) state_ = State::data_end;
      continue;
    }
    const std::size_t end = bytes.find('\n');
    line_.append(bytes.substr(0, end));
    if (line_.size() > kLineBytesMax) return broken("a chunk header is too long");
    if (end == std::string_view::npos) return {};
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    const std::string line = std::exchange(line_, {});
    CORDON_TRY(take_line(line));
  }
  return {};
}

Answer<void> AwsChunkedDecoder::take_line(std::string_view line) {
  switch (state_) {
    case State::size:
      return take_size(line);
    case State::data_end:
      if (!line.empty()) return broken("a chunk is longer than it says");
      state_ = State::size;
      return check_chunk();
    case State::trailer:
      return take_trailer(line);
    case State::data:
    case State::done:
      break;
  }
  return broken("unexpected chunk");
}

Answer<void> AwsChunkedDecoder::take_size(std::string_view line) {
  const std::size_t semicolon = std::min(line.find(';'), line.size());
  const std::string_view digits = line.substr(0, semicolon);
  const auto [end, failed] =
      std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (failed != std::errc() || end != digits.data() + digits.size()) {
    return broken("a chunk size is not hexadecimal");
  }
  const std::string_view extension = line.substr(semicolon);
  chunk_signature_.clear();
  if (extension.starts_with(";chunk-signature=")) chunk_signature_ = extension.substr(17);
  if (signed_chunks_) hasher_.emplace(Hasher::Kind::sha256);
  state_ = left_ == 0 ? State::trailer : State::data;
  if (left_ != 0) return {};
  last_ = true;
  return check_chunk();
}

Answer<void> AwsChunkedDecoder::check_chunk() {
  if (!signed_chunks_) return {};
  const std::string text = "AWS4-HMAC-SHA256-PAYLOAD\n" + authority_.date + "\n" +
                           authority_.scope + "\n" + previous_signature_ + "\n" +
                           hex(sha256(std::string_view())) + "\n" +
                           hex(as_bytes_of(hasher_->finish()));
  hasher_.reset();
  const std::string expected = sign(authority_, text);
  if (!equal_constant_time(expected, chunk_signature_)) return wrong_signature();
  previous_signature_ = expected;
  return {};
}

Answer<void> AwsChunkedDecoder::take_trailer(std::string_view line) {
  if (line.empty()) {
    if (signed_chunks_ && has_trailer_ && !trailer_signed_) return wrong_signature();
    state_ = State::done;
    return {};
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || trailers_.all().size() >= kTrailersMax) {
    return {AwsError{400, "MalformedTrailerError",
                     "The request contained trailing data that was not well-formed"}};
  }
  const std::string name = lower(trim(line.substr(0, colon)));
  const std::string value(trim(line.substr(colon + 1)));
  if (name == "x-amz-trailer-signature") return check_trailer(value);
  trailer_text_.append(name).append(":").append(value).append("\n");
  trailers_.add(name, value);
  return {};
}

Answer<void> AwsChunkedDecoder::check_trailer(std::string_view signature) {
  const std::string text = "AWS4-HMAC-SHA256-TRAILER\n" + authority_.date + "\n" +
                           authority_.scope + "\n" + previous_signature_ + "\n" +
                           hex(sha256(trailer_text_));
  if (!equal_constant_time(sign(authority_, text), signature)) return wrong_signature();
  trailer_signed_ = true;
  return {};
}

Answer<void> AwsChunkedDecoder::finish() {
  // Some clients leave out the empty line after the trailer.
  if (state_ == State::trailer && line_.empty()) CORDON_TRY(take_trailer(""));
  if (state_ == State::done) return {};
  return AwsError{400, "IncompleteBody",
                  "The request body terminated unexpectedly: the last chunk is missing"};
}

}  // namespace cordon::cloud
