#include "core/copied_metadata.h"

#include <gtest/gtest.h>

#include "core/provenance.h"

namespace cordon {
namespace {

using Metadata = std::map<std::string, std::string>;

TEST(CopiedMetadata, KeepsTheOwnersAndNeverHisWordInOurPlace) {
  EXPECT_EQ(copied_metadata({{"owner", "me"}, {"cordon-from", "forged"}, {"cordon-x", "forged"}},
                            {{"cordon-from", "true"}}),
            (Metadata{{"owner", "me"}, {"cordon-from", "true"}}));
}

TEST(CopiedMetadata, LeavesOutExactlyWhatFindsNoRoom) {
  const Metadata added{{"cordon-a", std::string(20, 'a')}, {"cordon-b", "b"}};
  for (const std::size_t left : {8U, 9U, 27U, 28U, 36U, 37U}) {
    SCOPED_TRACE(left);
    const Metadata source{{"owner", std::string(kMetadataBytesMax - 5 - left, 'o')}};

    const Metadata copied = copied_metadata(source, added);

    EXPECT_EQ(copied.contains("cordon-a"), left >= 28);
    EXPECT_EQ(copied.contains("cordon-b"), left >= 37 || (left >= 9 && left < 28));
    EXPECT_TRUE(copied.contains("owner"));
  }
}

TEST(CopiedMetadata, WhatStopsCirclesFindsRoomFirst) {
  const Metadata added = copy_metadata({.object = {BucketName("b"), ObjectKey("k")},
                                        .result_id = std::string(26, '0'),
                                        .result = "Unscannable",
                                        .reason = "encrypted"},
                                       BucketName("to"), ObjectKey("k"));
  std::size_t needed = 0;
  for (const char* name : {kMetaAt, kMetaResult, kMetaHops}) {
    needed += std::string(name).size() + added.at(name).size();
  }
  for (const std::size_t left : {needed - 1, needed}) {
    const Metadata source{{"owner", std::string(kMetadataBytesMax - 5 - left, 'o')}};
    EXPECT_EQ(counts_hops(copied_metadata(source, added)), left == needed);
  }
}

}  // namespace
}  // namespace cordon
