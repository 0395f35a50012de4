#include "quarantine/removal.h"

#include <gtest/gtest.h>

#include "testing/fake_object_store.h"

namespace cordon {
namespace {

using Versions = FakeObjectStore::Versions;

const BucketName kQuarantine("q");
const ObjectKey kKey("uploads/k");

class RemovalTest : public testing::Test {
 protected:
  KnownObject put(const std::string& content) {
    const ObjectRef object{kQuarantine, kKey, store_.put(kQuarantine, kKey, content).version};
    ObjectRef named = object;
    if (!named.version) named.version = VersionId("null");  // As a list of versions names it.
    return {named, store_.head(object, Deadline::never(), {}).value()};
  }
  Result<void> remove(const KnownObject& known) {
    return remove_known(store_, known, Deadline::never(), {});
  }
  std::string contents() {
    std::string all;
    for (const auto& stored : store_.all(kQuarantine)) all += stored.content + " ";
    return all;
  }

  FakeObjectStore store_;
};

TEST_F(RemovalTest, TakesOneVersionAndCanBeRepeated) {
  store_.make_bucket(kQuarantine, Versions::on);
  const KnownObject older = put("older");
  put("newer");

  EXPECT_TRUE(remove(older));
  EXPECT_TRUE(remove(older));

  EXPECT_EQ(contents(), "newer ");
}

TEST_F(RemovalTest, WhatTheStoreSaysIsNotBelievedWithoutALook) {
  using Call = FakeObjectStore::Call;
  for (const Versions versions : {Versions::on, Versions::off, Versions::suspended}) {
    for (const Errc code : {Errc::not_found, Errc::changed, Errc::denied}) {
      store_.make_bucket(kQuarantine, versions);
      const KnownObject known = put("content");
      store_.fail_next(Call::remove, {code, "said so"});
      EXPECT_EQ(remove(known).error().code, code == Errc::not_found ? Errc::denied : code);
      store_.pretend_next(Call::remove);
      EXPECT_EQ(remove(known).error().cause, ErrorCause::still_there);
      EXPECT_EQ(contents(), "content ");

      store_.fail_after_next(Call::remove, {code, "said so"});
      EXPECT_TRUE(remove(known)) << name_of(code) << ": it is gone";
      EXPECT_EQ(contents(), "");
    }
  }
}

TEST_F(RemovalTest, WhatWasOverwrittenInPlaceStays) {
  for (const Versions versions : {Versions::off, Versions::suspended}) {
    store_.make_bucket(kQuarantine, versions);
    const KnownObject older = put("older");
    put("newer");

    EXPECT_EQ(remove(older).error().code, Errc::changed);

    EXPECT_EQ(contents(), "newer ");
    EXPECT_TRUE(remove(put("newest")));
    EXPECT_EQ(contents(), "");
  }
}

TEST_F(RemovalTest, NullUnderAnotherVersionGoesByItsName) {
  store_.make_bucket(kQuarantine, Versions::suspended);
  const KnownObject older = put("older");
  store_.set_versions(kQuarantine, Versions::on);
  put("newer");

  EXPECT_TRUE(remove(older));

  EXPECT_EQ(contents(), "newer ");
}

}  // namespace
}  // namespace cordon
