#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/object_ref.h"

namespace cordon {

/// Where a protected bucket is, and what leads its events to us.
struct ProtectedBucket {
  AccountId account;
  Region region;
  /// kByEvents, kByGateway, kByPush; names that a newer program wrote are kept as they are.
  std::set<std::string> ways = {};

  bool operator==(const ProtectedBucket&) const = default;
};

/// By S3's own events: a notification of ours, a shared topic or the event bus.
inline constexpr const char* kByEvents = "events";
/// By a linked file share of a Storage Gateway.
inline constexpr const char* kByGateway = "gateway";
/// The store itself brings them to an agent: it was told so, and nothing here can see it.
inline constexpr const char* kByPush = "push";

/// The protected set of a deployment, of all its regions and accounts.
struct ProtectedDocument {
  std::map<BucketName, ProtectedBucket> buckets = {};

  bool operator==(const ProtectedDocument&) const = default;
};

/// The form that is kept in the system bucket (docs/formats/protected.md). Pure.
/// Errors: invalid when it would be longer than what is read again.
Result<std::string> encode_protected(const ProtectedDocument& document);

/// Pure; foreign bytes. Errors: invalid: another schema, malformed, too large.
Result<ProtectedDocument> decode_protected(std::string_view text);

}  // namespace cordon
