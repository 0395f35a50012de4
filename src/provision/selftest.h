#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"
#include "core/tags.h"

namespace cordon {

/// What became of one object that was uploaded to try the chain.
struct Trial {
  std::string name;  ///< "clean" or "eicar"
  ObjectRef object;
  bool passed = false;
  std::string verdict = {};  ///< As tagged; empty: none was seen.
  std::string place = {};    ///< Where it is now: s3://...; empty: gone.
  std::chrono::milliseconds took{0};
  std::string why = {};  ///< When it did not pass: what was seen instead, and what to look at.
};

/// Which bucket `run_selftest` tries, where its quarantine is, and how long the agents may take.
struct SelfTestOptions {
  BucketName bucket;
  BucketName quarantine;
  TagKeys tag_keys = {};
  std::chrono::milliseconds wait{60'000};
};

/// Uploads a harmless object and the anti-virus industry's test file to a protected bucket, waits
/// for what the agents do with them, and takes both away again, also out of quarantine.
///
/// Threads: one. References outlive the call. Blocks: up to `wait`.
/// Errors: those of the store; what an agent does or does not do is a Trial, not an error.
Result<std::vector<Trial>> run_selftest(const SelfTestOptions& options, ObjectStore& store,
                                        BucketCatalogue& catalogue, const Clock& clock,
                                        Random& random, std::stop_token stop);

}  // namespace cordon
