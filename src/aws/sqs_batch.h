#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "aws/service_client.h"

// Calls of SQS that do the same to as many as ten messages. Internal to aws.

namespace cordon {

constexpr std::size_t kSqsBatchMax = 10;

/// What the reply to a batch says of each of its `count` entries, which were sent with their places
/// ("0", "1"...) as ids. An entry that it says nothing of, or both things, was not taken:
/// unavailable, without a remote code. `taken` may object to what is said of an entry that was
/// taken. Pure. Errors: unavailable (no such reply).
Result<std::vector<Result<void>>> decode_sqs_batch(
    const AwsCall& call, std::string_view reply, std::size_t count,
    const std::function<Result<void>(std::size_t place, const boost::json::object& entry)>& taken);

}  // namespace cordon
