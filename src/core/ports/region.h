#pragma once

#include <functional>

#include "base/result.h"
#include "core/object_ref.h"
#include "core/ports/bucket_admin.h"
#include "core/ports/event_bus.h"
#include "core/ports/file_share_admin.h"
#include "core/ports/queue_admin.h"
#include "core/ports/topic_admin.h"
#include "core/ports/topic_listening.h"

namespace cordon {

/// The administration of one region. All outlive the holder.
struct RegionAdmin {
  BucketAdmin& buckets;
  TopicAdmin& topics;
  QueueAdmin& queues;
};

/// What leads events to us, beside what RegionAdmin has. All outlive the holder.
struct RegionWiring {
  TopicListening& listening;
  EventBus& bus;
  FileShareAdmin& shares;
};

/// Gives the administration of a region; the references stay valid as long as the source.
using RegionAdminSource = std::function<Result<RegionAdmin>(const Region& region)>;
/// Gives the wiring of a region; the references stay valid as long as the source.
using RegionWiringSource = std::function<Result<RegionWiring>(const Region& region)>;

}  // namespace cordon
