#include "quarantine/search.h"

#include <gtest/gtest.h>

#include "core/provenance.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_object_store.h"

namespace cordon {
namespace {

const BucketName kFirst("cordon-quarantine-main-1-r");
const BucketName kSecond("central");

class SearchTest : public testing::Test {
 protected:
  SearchTest() {
    store_.make_bucket(kFirst, FakeObjectStore::Versions::on);
    store_.make_bucket(kSecond, FakeObjectStore::Versions::on);
  }

  CopyResult put(const BucketName& quarantine, const std::string& key,
                 std::map<std::string, std::string> metadata = {}) {
    return store_.put(quarantine, ObjectKey(key), "x", {}, std::move(metadata));
  }
  /// The version that is found, "-" for none.
  std::string find(const std::string& key, std::optional<VersionId> version = std::nullopt) {
    const auto found =
        find_in_quarantine(store_, catalogue_, {kFirst, BucketName("no-such-bucket"), kSecond},
                           {BucketName("b"), ObjectKey(key), version}, Deadline::never(), {});
    if (!found) return "(" + std::string(name_of(found.error().code)) + ")";
    if (!*found) return "-";
    const ObjectRef& stored = (*found)->record.stored;
    return stored.bucket.str() + " " + stored.version->str();
  }

  FakeObjectStore store_;
  FakeBucketCatalogue catalogue_{store_};
};

TEST_F(SearchTest, FindsTheNewestOfExactlyThisKey) {
  put(kFirst, "b/k");
  const CopyResult newest = put(kFirst, "b/k");
  put(kFirst, "b/k2");
  put(kFirst, "b2/k");

  EXPECT_EQ(find("k"), kFirst.str() + " " + newest.version->str());
  EXPECT_EQ(find("none"), "-");
  EXPECT_EQ(find("2/k"), "-");
}

TEST_F(SearchTest, FindsTheVersionThatIsNamed) {
  const CopyResult one = put(kFirst, "b/k", {{"cordon-version", "v1"}});
  put(kFirst, "b/k", {{"cordon-version", "v2"}});

  EXPECT_EQ(find("k", VersionId("v1")), kFirst.str() + " " + one.version->str());
  EXPECT_EQ(find("k", VersionId("v3")), "-");
  EXPECT_NE(find("k", VersionId("null")), "-") << "which is no version that pins anything";
}

TEST_F(SearchTest, LooksInEveryQuarantineAndDoesWithoutThoseThatAreNotThere) {
  const CopyResult there = put(kSecond, "b/k");

  EXPECT_EQ(find("k"), kSecond.str() + " " + there.version->str());
}

TEST_F(SearchTest, FindsAKeyThatWasCut) {
  const ObjectRef object{BucketName("b"), ObjectKey(std::string(1024, 'k'))};
  put(kFirst, quarantine_key(object).str());

  EXPECT_NE(find(object.key.str()), "-");
}

TEST_F(SearchTest, FindsTheNewestBesideItsPlaceWhereNoVersionsAreKept) {
  store_.set_versions(kFirst, FakeObjectStore::Versions::suspended);
  const ObjectRef object{BucketName("b"), ObjectKey("k")};
  const auto beside = [&](char digit, std::map<std::string, std::string> metadata) {
    const ObjectKey key = quarantine_key_beside(object, std::string(32, digit));
    metadata[kMetaFrom] = std::string(32, digit);
    put(kFirst, key.str(), std::move(metadata));
    return key;
  };
  const auto found = [&] {
    return find_in_quarantine(store_, catalogue_, {kFirst}, object, Deadline::never(), {})
        .value()
        ->record.stored.key;
  };
  put(kFirst, "b/k");
  EXPECT_EQ(found(), ObjectKey("b/k"));
  const ObjectKey newer = beside('b', {{"cordon-key", "k"}, {"cordon-version", "v2"}});
  EXPECT_EQ(found(), newer);
  const ObjectKey newest = beside('a', {});
  EXPECT_EQ(found(), newest) << "it may be this one";
  beside('c', {{"cordon-key", "k~" + std::string(32, 'c')}});
  EXPECT_EQ(found(), newest) << "that is another object's own place";

  store_.delete_current(kFirst, ObjectKey("b/k"));
  EXPECT_EQ(found(), newest);
  EXPECT_NE(find("k", VersionId("v2")), "-");
}

TEST_F(SearchTest, AFailureIsNotAnAnswer) {
  put(kFirst, "b/k");
  store_.fail_next(FakeObjectStore::Call::head, Error{Errc::denied, "AccessDenied"});

  EXPECT_EQ(find("k"), "(denied)");
}

}  // namespace
}  // namespace cordon
