#include "devcloud/s3/s3_upload.h"

#include <algorithm>

#include "base/text.h"

namespace cordon::cloud {
namespace {

constexpr std::uint64_t kObjectBytesMax = 5ULL << 30U;  // Of one PUT.

std::string checksum_header(ChecksumKind kind) {
  return "x-amz-checksum-" + std::string(header_suffix(kind));
}

// "x-amz-checksum-xxhash64"; what says how checksums are meant is none.
bool is_unknown_checksum(std::string_view header) {
  constexpr std::string_view kBegin = "x-amz-checksum-";
  const std::string name = lower(trim(header));
  if (!name.starts_with(kBegin)) return false;
  const std::string kind = name.substr(kBegin.size());
  return kind != "algorithm" && kind != "mode" && kind != "type" && !parse_checksum_kind(kind);
}

// The first checksum that a request brings or announces and that is not computed here.
std::optional<std::string> unknown_checksum(const Headers& headers) {
  const auto trailer = headers.get("x-amz-trailer");
  if (trailer && is_unknown_checksum(*trailer)) return std::string(trim(*trailer));
  for (const auto& [name, value] : headers.all()) {
    if (is_unknown_checksum(name)) return name;
  }
  return std::nullopt;
}

}  // namespace

S3Upload::S3Upload(const Basics& basics, const ServerRequest& head,
                   const Verification& verification)
    : writer_(basics), headers_(head.headers) {
  const auto* verified = std::get_if<Signed>(&verification);
  payload_hash_ = verified != nullptr ? verified->payload_hash : "UNSIGNED-PAYLOAD";
  if (AwsChunkedDecoder::is_streaming(payload_hash_)) {
    decoder_ = std::make_unique<AwsChunkedDecoder>(*verified,
                                                   [this](std::string_view piece) { take(piece); });
  } else if (payload_hash_ != "UNSIGNED-PAYLOAD") {
    sha256_stream_.emplace(Hasher::Kind::sha256);
  }
  if (const Answer<void> planned = plan(head); !planned) problem_ = planned.error();
}

// Which checksums to compute: the one that the client names, else the default of S3.
Answer<void> S3Upload::plan(const ServerRequest& head) {
  const auto trailer = head.headers.get("x-amz-trailer");
  for (const ChecksumKind kind : kChecksumKinds) {
    const std::string name = checksum_header(kind);
    if (!head.headers.has(name) && !(trailer && equal_ignoring_case(trim(*trailer), name)))
      continue;
    if (named_) {
      return AwsError{400, "InvalidRequest",
                      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                      "allowed."};
    }
    named_ = kind;
  }
  // One that nobody compares must not look as if somebody had.
  if (const auto unknown = unknown_checksum(head.headers)) {
    return AwsError{501, "NotImplemented",
                    "The stand-in does not compute this checksum: " + utf8_clean(*unknown, 64)};
  }
  if (const auto name = head.headers.get("x-amz-sdk-checksum-algorithm"); name && !named_) {
    named_ = parse_checksum_kind(*name);
    if (!named_) {
      return AwsError{400, "InvalidRequest",
                      "Checksum algorithm provided is unsupported. Please try again with any of "
                      "the valid types: [CRC32, CRC32C, CRC64NVME, MD5, SHA1, SHA256, SHA512]"};
    }
  }
  streams_.emplace_back(named_.value_or(ChecksumKind::crc64nvme));
  // A multipart upload may combine its parts' CRC64NVME.
  if (named_ && *named_ != ChecksumKind::crc64nvme) streams_.emplace_back(ChecksumKind::crc64nvme);
  return {};
}

void S3Upload::take(std::string_view bytes) {
  if (problem_) return;
  bytes_ += bytes.size();
  if (bytes_ > kObjectBytesMax) {
    problem_ =
        AwsError{400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"};
    return;
  }
  md5_stream_.update(as_bytes_of(bytes));
  if (sha256_stream_) sha256_stream_->update(as_bytes_of(bytes));
  for (ChecksumStream& stream : streams_) stream.update(bytes);
  if (const Result<void> written = writer_.append(bytes); !written) {
    problem_ = AwsError{500, "InternalError", written.error().what};
  }
}

Result<void> S3Upload::write(std::string_view bytes) {
  if (problem_) return {};
  if (decoder_ == nullptr) {
    take(bytes);
  } else if (const Answer<void> decoded = decoder_->write(bytes); !decoded) {
    problem_ = decoded.error();
  }
  return {};
}

Answer<void> S3Upload::check_length() const {
  const auto announced = headers_.get("x-amz-decoded-content-length");
  if (!announced) return {};
  const auto length = parse_u64(*announced);
  if (length && *length == bytes_) return {};
  return AwsError{400, "IncompleteBody",
                  "You did not provide the number of bytes specified by the Content-Length HTTP "
                  "header"};
}

Answer<void> S3Upload::check_digests() const {
  if (!sha256_.empty() && hex(as_bytes_of(sha256_)) != lower(payload_hash_)) {
    return AwsError{400,
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                    {{"ClientComputedContentSHA256", payload_hash_},
                     {"S3ComputedContentSHA256", hex(as_bytes_of(sha256_))}}};
  }
  const auto content_md5 = headers_.get("content-md5");
  if (!content_md5) return {};
  const Result<std::string> wanted = unbase64(*content_md5);
  if (!wanted || wanted->size() != 16) {
    return AwsError{400, "InvalidDigest", "The Content-MD5 you specified was invalid."};
  }
  if (*wanted == md5_) return {};
  return AwsError{400, "BadDigest",
                  "The Content-MD5 you specified did not match what we received."};
}

Answer<void> S3Upload::check_checksums() const {
  for (const ChecksumKind kind : kChecksumKinds) {
    auto sent = headers_.get(checksum_header(kind));
    if (!sent && decoder_ != nullptr) sent = decoder_->trailers().get(checksum_header(kind));
    if (!sent) continue;
    const Result<std::string> wanted = unbase64(*sent);
    if (!wanted || wanted->size() != checksum_bytes(kind)) {
      return AwsError{400, "InvalidRequest",
                      "Value for " + checksum_header(kind) + " header is invalid."};
    }
    if (*wanted != checksum(kind)) {
      return AwsError{400, "BadDigest",
                      "The " + std::string(algorithm_name(kind)) +
                          " you specified did not match the calculated checksum."};
    }
  }
  const auto trailer = headers_.get("x-amz-trailer");
  if (trailer && decoder_ != nullptr && !decoder_->trailers().has(trim(*trailer))) {
    return AwsError{400, "MalformedTrailerError",
                    "The request contained trailing data that was not well-formed or did not "
                    "conform to our published schema."};
  }
  return {};
}

Answer<void> S3Upload::finish() {
  if (!problem_ && decoder_ != nullptr) {
    if (const Answer<void> ended = decoder_->finish(); !ended) problem_ = ended.error();
  }
  if (problem_) return *problem_;
  md5_ = md5_stream_.finish();
  if (sha256_stream_) sha256_ = sha256_stream_->finish();
  for (ChecksumStream& stream : streams_) checksums_.emplace_back(stream.kind(), stream.finish());
  content_ = writer_.finish();
  CORDON_TRY(check_length());
  CORDON_TRY(check_digests());
  return check_checksums();
}

std::string S3Upload::checksum(ChecksumKind kind) const {
  const auto at = std::find_if(checksums_.begin(), checksums_.end(),
                               [&](const auto& entry) { return entry.first == kind; });
  return at == checksums_.end() ? std::string() : at->second;
}

}  // namespace cordon::cloud
