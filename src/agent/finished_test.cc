#include "agent/finished.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

ObjectEvent event(const char* key, const char* version, const char* etag, const char* sequencer) {
  ObjectEvent made{.object = {BucketName("b"), ObjectKey(key)}};
  if (*version != '\0') made.object.version = VersionId(version);
  if (*etag != '\0') made.etag = ETag(etag);
  if (*sequencer != '\0') made.sequencer = sequencer;
  return made;
}

TEST(Finished, KnowsTheStateItSaw) {
  Finished finished;
  finished.add(event("k", "v1", "e", "1"));
  finished.add(event("u", "", "e", "1"));

  EXPECT_TRUE(finished.contains(event("k", "v1", "other", "1")));
  EXPECT_FALSE(finished.contains(event("k", "v2", "e", "1")));
  EXPECT_FALSE(finished.contains(event("k2", "v1", "e", "1")));
  EXPECT_TRUE(finished.contains(event("u", "", "e", "1")));
  EXPECT_FALSE(finished.contains(event("u", "", "e", "2")));
  EXPECT_FALSE(finished.contains(event("u", "", "f", "1")));
}

TEST(Finished, DoesNotGuessWhereTheEventDoesNotSayWhichState) {
  Finished finished;
  for (const auto& vague : {event("k", "", "e", ""), event("k", "", "", "1"),
                            event("k", "null", "e", ""), event("k", "", "", "")}) {
    finished.add(vague);
    EXPECT_FALSE(finished.contains(vague));
  }
}

TEST(Finished, ForgetsTheOldest) {
  Finished finished(2);
  finished.add(event("a", "v", "", ""));
  finished.add(event("b", "v", "", ""));
  finished.add(event("a", "v", "", ""));
  finished.add(event("c", "v", "", ""));

  EXPECT_TRUE(finished.contains(event("a", "v", "", "")));
  EXPECT_FALSE(finished.contains(event("b", "v", "", "")));
  EXPECT_TRUE(finished.contains(event("c", "v", "", "")));
}

}  // namespace
}  // namespace cordon
