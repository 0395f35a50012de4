// The fakes keep the same contracts as the real adapters, so that tests which stand on them say
// something about the real thing.

#include <gtest/gtest.h>

#include "testing/event_queue_contract.h"
#include "testing/fake_event_queue.h"
#include "testing/fake_object_store.h"
#include "testing/object_store_contract.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

class FakeStoreSubject {
 public:
  std::string skip_reason() const { return ""; }
  ObjectStore& store() { return store_; }
  BucketName make_bucket(bool versioned) {
    const BucketName name("bucket-" + std::to_string(++buckets_));
    store_.make_bucket(name,
                       versioned ? FakeObjectStore::Versions::on : FakeObjectStore::Versions::off);
    return name;
  }
  CopyResult put(const BucketName& bucket, const ObjectKey& key, const Upload& upload) {
    return store_.put(bucket, key, upload.content, upload.tags, upload.metadata);
  }
  void delete_current(const BucketName& bucket, const ObjectKey& key) {
    store_.delete_current(bucket, key);
  }

 private:
  FakeObjectStore store_;
  int buckets_ = 0;
};

class FakeQueueSubject {
 public:
  std::string skip_reason() const { return ""; }
  EventQueue& queue() { return queue_; }
  void send(const std::string& body) { queue_.send(body); }
  std::vector<BuriedMessage> dead_letters() {
    std::vector<BuriedMessage> letters;
    for (const auto& dead : queue_.dead()) letters.push_back({dead.body, dead.reason});
    return letters;
  }

 private:
  SimulatedClock clock_{SimulatedClock::Mode::manual};
  FakeEventQueue queue_{clock_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ObjectStoreContract, FakeStoreSubject);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, EventQueueContract, FakeQueueSubject);

}  // namespace
}  // namespace cordon
