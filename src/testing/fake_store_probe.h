#pragma once

#include <optional>

#include "core/ports/store_probe.h"

namespace cordon {

/// Answers as it was told to. Threads: one.
class FakeStoreProbe final : public StoreProbe {
 public:
  explicit FakeStoreProbe(Result<StoreTraits> given = StoreTraits()) : answer(std::move(given)) {}

  Result<StoreTraits> traits(const BucketName& bucket, Deadline, std::stop_token) override {
    asked = bucket;
    return answer;
  }

  Result<StoreTraits> answer;
  std::optional<BucketName> asked = std::nullopt;  ///< In which bucket it tried, last.
};

}  // namespace cordon
