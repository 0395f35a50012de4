#include "clamav/content_kinds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "base/text.h"
#include "clamav/content_marks.h"

namespace cordon {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kData = "CL_TYPE_BINARY_DATA";

std::optional<ContentKind> kind(std::string_view bytes) {
  return kind_of(kData, as_bytes_of(bytes));
}

std::string put(std::string content, std::size_t at, std::string_view bytes) {
  return content.replace(at, bytes.size(), bytes);
}

/// The mark where it belongs, with `around` everywhere else.
std::string with_mark(const ContentMark& mark, char around) {
  constexpr std::size_t kBehind = 1024;
  if (mark.at < 0) {
    const auto from_end = static_cast<std::size_t>(-mark.at);
    return put(std::string(4096, around), 4096 - from_end, mark.mark);
  }
  const auto at = static_cast<std::size_t>(mark.at);
  return put(std::string(at + mark.mark.size() + kBehind, around), at, mark.mark);
}

bool is_printable(std::string_view mark) {
  return std::ranges::all_of(mark, [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; });
}

TEST(ContentKinds, EachMarkNamesItsFormat) {
  int tried = 0;
  for (const ContentMark& mark : content_marks()) {
    if (mark.check != nullptr) continue;  // header_checks_test.cc
    SCOPED_TRACE(mark.name);
    const auto found = kind(with_mark(mark, '\0'));

    ASSERT_TRUE(found);
    EXPECT_EQ(*found, (ContentKind{mark.content_class, Proof::unsupported, mark.name}));
    ++tried;
  }
  EXPECT_GT(tried, 120);
}

TEST(ContentKinds, AMarkHasFourBytesOrAHeaderCheck) {
  for (const ContentMark& mark : content_marks()) {
    SCOPED_TRACE(mark.name);
    EXPECT_TRUE(mark.mark.size() >= 4 || (mark.mark.empty() && mark.check != nullptr));
  }
}

TEST(ContentKinds, NoMarkIsSeenInText) {
  for (const ContentMark& mark : content_marks()) {
    if (mark.mark.empty() || !is_printable(mark.mark)) continue;
    SCOPED_TRACE(mark.name);
    EXPECT_EQ(kind(with_mark(mark, 'x'))->proof, Proof::nothing_to_open);
    EXPECT_EQ(kind(with_mark(mark, '\n'))->proof, Proof::nothing_to_open);
  }
}

TEST(ContentKinds, AMarkThatIsCutOffIsNone) {
  for (const ContentMark& mark : content_marks()) {
    if (mark.check != nullptr || mark.at != 0) continue;
    const std::string_view cut = mark.mark.substr(0, mark.mark.size() - 1);
    SCOPED_TRACE(mark.name);
    EXPECT_EQ(kind(cut)->proof, Proof::nothing_to_open);
  }
}

TEST(ContentKinds, OrdinaryContentIsClaimedByNobody) {
  const std::string_view ordinary[] = {
      "hsqs,1,2,3\nhsqs,4,5,6\n",
      "070701;100;2.5\n070702;101;2.6\n",
      "BZh is the mark of bzip2.\n",
      "TAPE 1 of 7, side A: nothing but words",
      "koly\tis a word\r\nand this is a text of two lines\r\n",
      "QED. The proof is complete.\n",
      "DOS is an operating system.\n",
      "# Disk DescriptorFile is how such files begin, says the manual.\n",
      "MEDIA DESCRIPTOR\nname,value\n",
      "xFSdump0 is a mark",
      "\xFF\xFEh\0s\0q\0s\0"sv,
      "#!/bin/sh\necho hello\n",
      "PK\x03\x04 only data here",
      "\0\0\0\0\0\0\0\0\0\0\0\0"sv,
      "",
  };
  for (const std::string_view content : ordinary) {
    EXPECT_EQ(kind(content)->proof, Proof::nothing_to_open) << content;
  }
}

TEST(ContentKinds, WhatNobodyClaimsIsWhatTheEngineSays) {
  EXPECT_EQ(kind_of("CL_TYPE_ZIP", as_bytes_of("PK"))->proof, Proof::second_reader);
  EXPECT_EQ(kind_of("CL_TYPE_ARJ", as_bytes_of("PK"))->proof, Proof::engine_sums);
  EXPECT_EQ(kind_of("CL_TYPE_EGG", as_bytes_of("PK"))->proof, Proof::unsupported);
  EXPECT_EQ(about_content("CL_TYPE_GIF", as_bytes_of("GIF89a")), std::nullopt);
}

TEST(ContentKinds, AMarkWinsOverTheEnginesOpinion) {
  const std::string image = "hsqs" + std::string(300, '\0');

  EXPECT_EQ(about_content("CL_TYPE_TEXT_ASCII", as_bytes_of(image)),
            (LayerProblem{Reason::unsupported, "cannot be opened: SquashFS file system",
                          ContentClass::disk_image}));
}

TEST(ContentKinds, ATypeThatIsNotInTheTableIsNotBelieved) {
  const auto problem = about_content("CL_TYPE_OF_TOMORROW", as_bytes_of("bytes"));

  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->reason, Reason::unsupported);
  EXPECT_EQ(problem->unopened, std::nullopt);  // No policy allows it.
  EXPECT_EQ(kind_of("CL_TYPE_OF_TOMORROW", as_bytes_of("bytes")), std::nullopt);
}

TEST(ContentKinds, TheDocumentHasTheTableAsItIsHere) {
  std::ifstream file(CORDON_FORMATS_DIR "/verdicts.md");
  std::stringstream document;
  document << file.rdbuf();

  const bool has_it = document.str().find(content_table()) != std::string::npos;

  EXPECT_TRUE(has_it) << "put this table into docs/formats/verdicts.md:\n" << content_table();
}

}  // namespace
}  // namespace cordon
