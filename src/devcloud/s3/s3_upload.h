#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "devcloud/access/sigv4_verify.h"
#include "devcloud/s3/aws_chunked.h"
#include "devcloud/s3/blob.h"
#include "devcloud/s3/checksums.h"
#include "net/http_server.h"

namespace cordon::cloud {

/// Receives an object's bytes: unframes them, hashes them in every way that the request asks for,
/// and stores them. A problem is remembered and told by the handler, as AWS tells it; the bytes
/// that follow are dropped.
class S3Upload final : public UploadSink {
 public:
  S3Upload(const Basics& basics, const ServerRequest& head, const Verification& verification);

  Result<void> write(std::string_view bytes) override;

  /// After the last byte: framing, length, payload hash, Content-MD5, checksums.
  Answer<void> finish();

  Blob& content() { return content_; }
  const std::string& md5() const { return md5_; }  ///< Binary.
  /// Binary; empty when that kind was not computed.
  std::string checksum(ChecksumKind kind) const;
  /// The kind that the client named by header, trailer or x-amz-sdk-checksum-algorithm.
  std::optional<ChecksumKind> named() const { return named_; }

 private:
  void take(std::string_view bytes);
  Answer<void> check_length() const;
  Answer<void> check_digests() const;
  Answer<void> check_checksums() const;
  Answer<void> plan(const ServerRequest& head);

  BlobWriter writer_;
  const Headers headers_;
  std::string payload_hash_;
  std::optional<AwsError> problem_;
  std::unique_ptr<AwsChunkedDecoder> decoder_;
  Hasher md5_stream_{Hasher::Kind::md5};
  std::optional<Hasher> sha256_stream_;
  std::vector<ChecksumStream> streams_;
  std::vector<std::pair<ChecksumKind, std::string>> checksums_;
  std::optional<ChecksumKind> named_;
  std::string md5_;
  std::string sha256_;
  std::uint64_t bytes_ = 0;
  Blob content_;
};

}  // namespace cordon::cloud
