#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "aws/service_client.h"
#include "core/ports/result_sink.h"

// How a batch of results becomes calls of a service that takes so much in one. Internal to aws.

namespace cordon {

/// What a service takes in one call.
struct SinkLimits {
  std::size_t entries_max;
  std::size_t bytes_max;             ///< Of all entries.
  std::size_t entry_overhead_bytes;  ///< What each entry counts beside its body.
  /// Between the oldest and the newest result of a call.
  std::chrono::hours span_max = std::chrono::hours(24 * 3650);
};

/// One result as it is sent.
struct SinkEntry {
  std::size_t place;  ///< In the batch.
  const ScanResult* result;
  std::string body;
};

/// How one kind of sink makes bodies and sends them.
struct SinkProtocol {
  SinkLimits limits;
  /// Errors: invalid when the result has no form that the service takes.
  std::function<Result<std::string>(const ScanResult& result)> body_of;
  /// One call. An outcome for each entry, or why the call as a whole failed.
  std::function<Result<ResultOutcomes>(std::span<const SinkEntry> entries)> send;
};

/// Sends the batch in the order of the results' times, in as many calls as it takes.
///
/// A call that is refused as invalid may have been spoilt by one entry, so it is sent again in
/// halves until that one stands alone. After any other failure of a whole call no further one is
/// made: what is left has the same outcome.
ResultOutcomes publish_in_calls(std::span<const ScanResult> results, const SinkProtocol& protocol);

/// The error of one entry of a call that succeeded otherwise, as the service names it. `is_ours`:
/// what the service calls the sender's fault.
Error refused_entry(const AwsCall& call, std::string_view code, std::string_view message,
                    bool is_ours);

}  // namespace cordon
