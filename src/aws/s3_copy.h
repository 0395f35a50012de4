#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "aws/service_client.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/ports/object_store.h"

namespace cordon {

/// How an `S3Store` has objects copied on the server (`S3Copy`). The defaults are for S3 itself;
/// tests use smaller parts.
struct S3StoreOptions {
  /// CopyObject's ceiling; larger objects are copied by parts.
  std::uint64_t single_copy_bytes_max = 5ULL << 30U;
  std::uint64_t part_bytes = 512ULL << 20U;  ///< Grows where 10,000 parts would not suffice.
  std::size_t parts_in_flight = 4;
};

/// One server-side copy, from HEAD of its source to the finished object. Used once. Everything that
/// is passed by reference outlives it.
class S3Copy {
 public:
  S3Copy(ServiceClient& client, const Clock& clock, Log& log, const S3StoreOptions& options,
         const CopyRequest& request, Deadline deadline, std::stop_token stop);

  Result<CopyResult> run();

 private:
  struct Part {
    std::uint64_t first;
    std::uint64_t last;
  };

  Result<void> open_source();
  Result<Headers> destination_headers();
  Result<HttpResponse> create(AwsCall& call);
  Result<CopyResult> copy_whole(Headers headers);
  Result<CopyResult> copy_by_parts(Headers headers);
  Result<std::string> create_upload(Headers headers);
  Result<std::vector<ETag>> copy_parts(const std::string& upload_id);
  Result<ETag> copy_part(const std::string& upload_id, std::size_t index, const Part& part,
                         std::stop_token stop);
  Result<CopyResult> complete(const std::string& upload_id, const std::vector<ETag>& parts);
  Result<CopyResult> seen(CopyResult copy);
  void abort(const std::string& upload_id);
  Result<void> tag_copy(const CopyResult& copy);
  /// Deletes what was made here and nothing else. Errors: also changed, when something else is
  /// there.
  Result<void> take_back(const CopyResult& copy);
  std::vector<Part> parts_of_source() const;
  void pin_source(Headers& headers) const;
  Error judged(Error error);
  bool is_destination_missing();
  Deadline clean_up_deadline() const;

  ServiceClient& client_;
  const Clock& clock_;
  Log& log_;
  const S3StoreOptions& options_;
  const CopyRequest& request_;
  const Deadline deadline_;
  const std::stop_token stop_;
  ObjectRef source_;
  ObjectRef destination_;
  ObjectHead source_head_;
  Headers source_headers_;
  std::map<std::string, std::string> added_;  ///< Of the metadata that were to be added.
  bool tags_in_header_ = true;
};

}  // namespace cordon
