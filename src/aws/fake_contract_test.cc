// The contract suites on the fakes, beside the real adapters (live_contract_test.cc), so that what
// the use cases are tested with cannot drift from what they run on.

#include <string>

#include <gtest/gtest.h>

#include "testing/bucket_catalogue_contract.h"
#include "testing/document_store_contract.h"
#include "testing/event_queue_contract.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_document_store.h"
#include "testing/fake_event_queue.h"
#include "testing/fake_object_store.h"
#include "testing/object_store_contract.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

class FakeS3 {
 public:
  std::string skip_reason() const { return ""; }
  ObjectStore& store() { return store_; }
  BucketCatalogue& catalogue() { return catalogue_; }
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
  FakeBucketCatalogue catalogue_{store_};
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
  DocumentStore& store() { return store_; }
  void remove() { store_.remove(); }

 private:
  FakeDocumentStore store_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Fake, DocumentStoreContract, FakeSettings);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, ObjectStoreContract, FakeS3);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, BucketCatalogueContract, FakeS3);
INSTANTIATE_TYPED_TEST_SUITE_P(Fake, EventQueueContract, FakeSqs);

}  // namespace
}  // namespace cordon
