#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <vector>

#include "core/ports/protected_buckets.h"

namespace cordon {

/// Says of each bucket what a test says; of all others that they are protected. Threads: any.
class FakeProtectedBuckets final : public ProtectedBuckets {
 public:
  Result<Standing> standing(const StandingQuestion& question, Deadline, std::stop_token) override {
    std::lock_guard lock(mutex_);
    asked_.push_back(question);
    const auto found = answers_.find(question.bucket);
    return found == answers_.end() ? Result<Standing>(Standing::is_protected) : found->second;
  }
  void answer(const BucketName& bucket, Result<Standing> answer) {
    std::lock_guard lock(mutex_);
    answers_.insert_or_assign(bucket, std::move(answer));
  }
  std::vector<StandingQuestion> asked() const {
    std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<BucketName, Result<Standing>> answers_;
  std::vector<StandingQuestion> asked_;
};

}  // namespace cordon
