#include "clamav/onenote_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/byte_reader.h"
#include "clamav/members_of.h"

// Built from [MS-ONESTORE] 2.3.1 and 2.6.13.

namespace cordon {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string guid(std::string_view hexed) { return *unhex(hexed); }

const std::string kSection = guid("e4525c7b8cd8a74daeb15378d02996d3");
const std::string kFormat = guid("3fdd9a101b91f549a5d01791edc8aed8");

std::string section(const std::string& objects, const std::string& format = kFormat) {
  return kSection + std::string(32, 'v') + format + std::string(960, '\0') + objects;
}

std::string object(const std::string& content, std::uint64_t bytes) {
  ByteWriter size;
  size.u64(bytes);
  return guid("e716e3bd65261145a4c48d4d0b7a9eac") + std::move(size).take() + std::string(12, '\0') +
         content + guid("22a7fb71790f0b4abb13899256426b24");
}

std::string object(const std::string& content) { return object(content, content.size()); }

Listing read(const std::string& file) { return members_of(read_onenote_files, file); }

TEST(OneNoteFiles, GivesEachEmbeddedFile) {
  const Listing listing =
      read(section(object("the first file") + "something else" + object("another file")));

  EXPECT_THAT(listing.members, ElementsAre("the first file", "another file"));
  EXPECT_FALSE(listing.problem);
}

TEST(OneNoteFiles, GivesAFileInAFileToo) {
  const std::string outer = "around it: " + object("inside");

  EXPECT_THAT(read(section(object(outer))).members, ElementsAre(outer, "inside"));
}

TEST(OneNoteFiles, SaysWhatIsCutOff) {
  const Listing listing = read(section(object("no end", 1'000'000)));
  const std::string whole = section(object(""));

  EXPECT_EQ(listing.reason(), Reason::unsupported);
  EXPECT_EQ(listing.members.size(), 1U) << "what is there of it";
  EXPECT_EQ(read(section(object("no end", UINT64_MAX))).reason(), Reason::unsupported);
  EXPECT_EQ(read(whole.substr(0, whole.size() - 30)).reason(), Reason::unsupported);
}

TEST(OneNoteFiles, ReadsNoSectionInTheFormOfServices) {
  EXPECT_EQ(read(section("", guid("2fe98d63d4a6c14b9a36b3fc2511a5b7"))).reason(),
            Reason::unsupported);
}

TEST(OneNoteFiles, HasABoundForObjectsThatOverlap) {
  // Each of some hundred objects has all that stands behind it.
  std::string objects;
  for (int i = 0; i < 300; ++i) objects = object(objects + std::string(20'000, 'x'));

  EXPECT_EQ(read(section(objects)).reason(), Reason::limit);
}

TEST(OneNoteFiles, KnowsSections) {
  EXPECT_TRUE(is_onenote(as_bytes_of(section(""))));
  EXPECT_TRUE(is_onenote(as_bytes_of(guid("a12fff43d9ef764c9ee210ea5722765f"))));
  EXPECT_FALSE(is_onenote(as_bytes_of("text")));
  EXPECT_THAT(read(section("")).members, IsEmpty());
}

}  // namespace
}  // namespace cordon
