#include "clamav/archive_members.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

class ArchiveMembersTest : public testing::Test {
 protected:
  std::optional<LayerProblem> unpack(std::string_view archive,
                                     ArchiveKind kind = ArchiveKind::members) {
    return for_each_member(kind, as_bytes_of(archive), temp_, limits_,
                           [&](std::span<const std::byte> member) {
                             members_.push_back(member.size());
                             return members_.size() < stop_after_;
                           })
        .problem;
  }

  fs::path temp_ = fs::temp_directory_path();
  UnpackLimits limits_;
  std::size_t stop_after_ = 1000;
  std::vector<std::size_t> members_;
};

std::string three() {
  return zip_of({{.name = "a", .bytes = "hello"},
                 {.name = "b", .bytes = std::string(6'000'000, 'b'), .packed = false},
                 {.name = "c", .bytes = "end"}});
}

TEST_F(ArchiveMembersTest, PassesOnEachMemberInFull) {
  EXPECT_EQ(unpack(three()), std::nullopt);

  EXPECT_EQ(members_, (std::vector<std::size_t>{5, 6'000'000, 3}));
}

TEST_F(ArchiveMembersTest, StopsWhenAsked) {
  stop_after_ = 1;

  EXPECT_EQ(unpack(three()), std::nullopt);

  EXPECT_EQ(members_.size(), 1U);
}

TEST_F(ArchiveMembersTest, SaysWhyItDidNotFinish) {
  limits_.members_max = 2;
  EXPECT_EQ(unpack(three())->reason, Reason::limit);
  limits_ = {.bytes_max = 1000};
  EXPECT_EQ(unpack(three())->reason, Reason::limit);
  limits_ = {.member_bytes_max = 1000};
  EXPECT_EQ(unpack(three())->reason, Reason::too_large);
  limits_ = {};
  temp_ = "/nonexistent";
  EXPECT_EQ(unpack(three())->reason, Reason::staging);
  EXPECT_EQ(unpack("this is no archive at all")->reason, Reason::unsupported);
  EXPECT_EQ(unpack("")->reason, Reason::unsupported);
  EXPECT_EQ(unpack(zip_of({{.name = "a", .bytes = "hello world", .flags = 1}}))->reason,
            Reason::encrypted);
}

TEST_F(ArchiveMembersTest, RefusesATruncatedStream) {
  EXPECT_EQ(unpack(std::string("\x28\xB5\x2F\xFD\x04", 5), ArchiveKind::stream)->reason,
            Reason::unsupported);
  EXPECT_EQ(unpack("not compressed at all", ArchiveKind::stream)->reason, Reason::unsupported);
}

TEST_F(ArchiveMembersTest, KnowsWhetherACompressedFileIsWholeAndWhereItEnds) {
  const std::string whole = gzip_of("content of some length");
  const auto walked = [&](const std::string& file) {
    return walk_archive(ArchiveKind::gzip, as_bytes_of(file), limits_);
  };

  EXPECT_EQ(walked(whole).problem, std::nullopt);
  EXPECT_EQ(walked(whole + "junk").end, whole.size());
  EXPECT_EQ(walked(gzip_of("")).problem, std::nullopt);
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_TRUE(walked(whole.substr(0, bytes)).problem) << bytes;
  }
}

TEST_F(ArchiveMembersTest, KnowsWhetherATarIsWholeAndWhereItEnds) {
  const std::string whole = tar_of("a", std::string(2000, 'x'));
  const auto walked = [&](const std::string& file) {
    return walk_archive(ArchiveKind::tar, as_bytes_of(file), limits_);
  };

  EXPECT_EQ(walked(whole + "behind").end, whole.size());
  EXPECT_EQ(walked(whole.substr(0, 1000)).problem->reason, Reason::unsupported);
}

TEST_F(ArchiveMembersTest, StopsWalkingWhenAsked) {
  limits_.should_stop = [] { return true; };

  const Unpacking stopped = walk_archive(ArchiveKind::gzip, as_bytes_of(gzip_of("x")), limits_);

  EXPECT_EQ(stopped.problem, std::nullopt);
  EXPECT_EQ(stopped.end, std::nullopt);
}

TEST_F(ArchiveMembersTest, CannotCountWhatIsNoArchive) {
  EXPECT_FALSE(count_7z_members(as_bytes_of("7z\xBC\xAF\x27\x1C and then nothing")));
}

}  // namespace
}  // namespace cordon
