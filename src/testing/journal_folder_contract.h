#pragma once

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "journal/journal_folder.h"

namespace cordon {

/// What every JournalFolder owes its caller. A Subject sets an empty one up:
///
///   JournalFolder& folder();
template <typename Subject>
class JournalFolderContract : public testing::Test {
 protected:
  JournalFolder& folder() { return subject_.folder(); }
  std::string content(const std::string& name) {
    Result<std::string> bytes = folder().read(name, 0, 1 << 20);
    return bytes ? *bytes : "(" + std::string(name_of(bytes.error().code)) + ")";
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(JournalFolderContract);

TYPED_TEST_P(JournalFolderContract, KeepsWhatIsAppendedInOrder) {
  JournalFolder& folder = this->folder();

  ASSERT_TRUE(folder.append("a.journal", "one"));
  ASSERT_TRUE(folder.append("b.journal", "other"));
  ASSERT_TRUE(folder.append("a.journal", std::string("\0two", 4)));
  ASSERT_TRUE(folder.sync("a.journal"));
  ASSERT_TRUE(folder.sync("b.journal"));

  EXPECT_EQ(this->content("a.journal"), std::string("one\0two", 7));
  EXPECT_EQ(this->content("b.journal"), "other");
  const auto files = folder.files();
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, (std::map<std::string, std::uint64_t>{{"a.journal", 7}, {"b.journal", 5}}));
}

TYPED_TEST_P(JournalFolderContract, ReadsAPart) {
  ASSERT_TRUE(this->folder().append("a", "0123456789"));

  EXPECT_EQ(this->folder().read("a", 2, 3).value(), "234");
  EXPECT_EQ(this->folder().read("a", 8, 100).value(), "89");
  EXPECT_EQ(this->folder().read("a", 10, 100).value(), "");
  EXPECT_EQ(this->folder().read("a", 11, 100).value(), "");
  EXPECT_EQ(this->folder().read("b", 0, 100).error().code, Errc::not_found);
}

TYPED_TEST_P(JournalFolderContract, WhatWasCutGoesOnAtItsNewEnd) {
  ASSERT_TRUE(this->folder().append("a", "0123456789"));

  ASSERT_TRUE(this->folder().cut("a", 4));
  ASSERT_TRUE(this->folder().append("a", "x"));

  EXPECT_EQ(this->content("a"), "0123x");
}

TYPED_TEST_P(JournalFolderContract, ReplacesAndRemoves) {
  JournalFolder& folder = this->folder();

  ASSERT_TRUE(folder.replace("p", "first"));
  ASSERT_TRUE(folder.replace("p", "2"));
  EXPECT_EQ(this->content("p"), "2");

  ASSERT_TRUE(folder.remove("p"));
  ASSERT_TRUE(folder.remove("p"));
  EXPECT_EQ(this->content("p"), "(not_found)");
  EXPECT_TRUE(folder.files()->empty());
}

TYPED_TEST_P(JournalFolderContract, AFileThatWasRemovedBeginsAnew) {
  ASSERT_TRUE(this->folder().append("a", "old"));
  ASSERT_TRUE(this->folder().remove("a"));

  ASSERT_TRUE(this->folder().append("a", "new"));
  ASSERT_TRUE(this->folder().sync("a"));

  EXPECT_EQ(this->content("a"), "new");
}

REGISTER_TYPED_TEST_SUITE_P(JournalFolderContract, KeepsWhatIsAppendedInOrder, ReadsAPart,
                            WhatWasCutGoesOnAtItsNewEnd, ReplacesAndRemoves,
                            AFileThatWasRemovedBeginsAnew);

}  // namespace cordon
