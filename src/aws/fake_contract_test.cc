// The contract suites on the fakes, beside the real adapters (live_contract_test.cc), so that what
// the use cases are tested with cannot drift from what they run on.

#include <string>

#include <gtest/gtest.h>

#include "testing/event_queue_contract.h"
#include "testing/fake_event_queue.h"
#include "testing/fake_object_store.h"
#include "testing/fake_quarantine_shelf.h"
#include "testing/fake_settings_store.h"
#include "testing/object_store_contract.h"
#include "testing/quarantine_shelf_contract.h"
#include "testing/settings_store_contract.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

class FakeS3 {
 public:
  std::string skip_reason() const { return ""; }
  ObjectStore& store() { return store_; }
  QuarantineShelf& shelf() { return shelf_; }
  BucketName make_bucket(bool versioned) {
    BucketName bucket("bucket-" + std::to_string(++buckets_));
    store_.make_bucket(bucket,
                       versioned ? FakeObjectStore::Versions::on : FakeObjectStore::Versions::off);
    return bucket;
  }
  CopyResult put(const BucketName& bucket, const ObjectKey& key, const Upload& upload) {
    return store_.put(bucket, key, upload.content, upload.tags, upload.metadata);
  }
  void delete_current(const BucketName& bucket, const ObjectKey& key) {
    store_.delete_current(bucket, key);
  }

 private:
  FakeObjectStore store_;
  FakeQuarantineShelf shelf_{store_};
  int buckets_ = 0;
};

class FakeSqs {
 public:
  std::string skip_reason() const { return ""; }
  EventQueue& queue() { return queue_; }
  void send(const std::string& body) { queue_.send(body); }
  std::vector<BuriedMessage> dead_letters() const {
    std::vector<BuriedMessage> letters;
    for (const FakeEventQueue::Dead& dead : queue_.dead()) {
      letters.push_back({dead.body, dead.reason});
    }
    return letters;
  }

 private:
  SimulatedClock clock_;
  FakeEventQueue queue_{clock_};
};

class FakeSettings {
 public:
  std::string skip_reason() const { return ""; }
  SettingsStore& store() { return store_; }
  void remove() { store_.remove(); }

 private:
  FakeSettingsStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, SettingsStoreContract, FakeSettings);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ObjectStoreContract, FakeS3);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, QuarantineShelfContract, FakeS3);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, EventQueueContract, FakeSqs);

}  // namespace
}  // namespace cordon
