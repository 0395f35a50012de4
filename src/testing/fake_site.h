#pragma once

#include "testing/fake_admins.h"
#include "testing/fake_wiring.h"

namespace cordon {

/// One region's services for wiring buckets, as fakes.
struct FakeSite {
  explicit FakeSite(const Region& region) {
    buckets.region = region;
    topics.region = region.str();
    queues.region = region.str();
  }
  FakeBucketAdmin buckets;
  FakeTopicAdmin topics;
  FakeQueueAdmin queues;
  FakeTopicListening listening;
  FakeEventBus bus;
  FakeFileShareAdmin shares;
};

}  // namespace cordon
