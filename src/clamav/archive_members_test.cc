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
                                     ContainerKind kind = ContainerKind::zip) {
    return for_each_member(kind, as_bytes_of(archive), temp_, limits_,
                           [&](std::span<const std::byte> member) {
                             members_.push_back(member.size());
                             return members_.size() < stop_after_;
                           })
        .problem;
  }

  Unpacking listed(ContainerKind kind, std::string_view archive) {
    return for_each_content(kind, as_bytes_of(archive), limits_,
                            [&](const ContentId& content) { contents_.push_back(content); });
  }

  fs::path temp_ = fs::temp_directory_path();
  UnpackLimits limits_;
  std::size_t stop_after_ = 1000;
  std::vector<std::size_t> members_;
  std::vector<ContentId> contents_;
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
  temp_ = "/dev/null/nowhere";
  EXPECT_EQ(unpack(three())->reason, Reason::staging);
  EXPECT_EQ(unpack("this is no archive at all")->reason, Reason::unsupported);
  EXPECT_EQ(unpack("")->reason, Reason::unsupported);
}

/// zip_directory.h tells of them, and whether the engine had the password.
TEST_F(ArchiveMembersTest, PassesOverTheLockedMembersOfAZip) {
  const std::string zip = zip_of(
      {{.name = "a", .bytes = "hello world", .flags = 1}, {.name = "b", .bytes = "another text"}});

  EXPECT_EQ(unpack(zip), std::nullopt);
  EXPECT_EQ(members_, std::vector<std::size_t>{12});
  EXPECT_EQ(unpack(zip_of({{.name = "a", .bytes = "hello world", .flags = 1}})), std::nullopt);
}

TEST_F(ArchiveMembersTest, RefusesATruncatedStream) {
  EXPECT_EQ(unpack(std::string("\x28\xB5\x2F\xFD\x04", 5), ContainerKind::zstd)->reason,
            Reason::unsupported);
  EXPECT_EQ(unpack("not compressed at all", ContainerKind::zstd)->reason, Reason::unsupported);
}

TEST_F(ArchiveMembersTest, KnowsWhetherACompressedFileIsWholeAndWhereItEnds) {
  const std::string whole = gzip_of("content of some length");
  const auto walked = [&](const std::string& file) { return listed(ContainerKind::gzip, file); };

  EXPECT_EQ(walked(whole).problem, std::nullopt);
  EXPECT_EQ(walked(whole + "junk").end, whole.size());
  EXPECT_EQ(walked(gzip_of("")).problem, std::nullopt);
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    EXPECT_TRUE(walked(whole.substr(0, bytes)).problem) << bytes;
  }
}

TEST_F(ArchiveMembersTest, KnowsWhetherATarIsWholeAndWhereItEnds) {
  const std::string whole = tar_of("a", std::string(2000, 'x'));
  const auto walked = [&](const std::string& file) { return listed(ContainerKind::tar, file); };

  EXPECT_EQ(walked(whole + "behind").end, whole.size());
  EXPECT_EQ(walked(whole.substr(0, 1000)).problem->reason, Reason::unsupported);
}

TEST_F(ArchiveMembersTest, StopsWalkingWhenAsked) {
  limits_.should_stop = [] { return true; };

  const Unpacking stopped = listed(ContainerKind::gzip, gzip_of("x"));

  EXPECT_EQ(stopped.problem, std::nullopt);
  EXPECT_EQ(stopped.end, std::nullopt);
}

TEST_F(ArchiveMembersTest, ListsTheContentsOfTheMembers) {
  const Unpacking unpacking = listed(ContainerKind::zip, three());

  EXPECT_EQ(unpacking.problem, std::nullopt);
  EXPECT_EQ(unpacking.bytes, 6'000'008U);
  EXPECT_EQ(contents_, (std::vector{id_of(as_bytes_of("hello")),
                                    id_of(as_bytes_of(std::string(6'000'000, 'b'))),
                                    id_of(as_bytes_of("end"))}));
}

/// LHA level 0, stored, with a name in Shift JIS.
TEST_F(ArchiveMembersTest, TakesNamesInAnyCodePage) {
  std::string header("\0\0-lh0-\x0B\0\0\0\x0B\0\0\0\0\0\x21\x5A\x20\0", 21);
  header += "\x0A\x83\x65\x83\x58\x83\x67.txt";
  header += "\xC1\x39";  // CRC-16 of the content.
  header[0] = static_cast<char>(header.size() - 2);
  unsigned sum = 0;
  for (std::size_t i = 2; i < header.size(); ++i) sum += static_cast<unsigned char>(header[i]);
  header[1] = static_cast<char>(sum);

  EXPECT_EQ(listed(ContainerKind::lha, header + "hello world" + std::string(1, '\0')).problem,
            std::nullopt);
  EXPECT_EQ(contents_, std::vector{id_of(as_bytes_of("hello world"))});
}

/// What writers leave in extra fields is nobody's business.
TEST_F(ArchiveMembersTest, ReadsAZipWhoseExtraFieldsAreCutOff) {
  std::string zip = zip_of({{.name = "a", .bytes = "hello, world", .packed = false}});
  zip.insert(31, std::string("\xFE\xCA\x20\0", 4));
  zip[28] = 4;
  zip[zip.find("PK\x05\x06") + 16] = static_cast<char>(zip.find("PK\x01\x02"));

  EXPECT_EQ(listed(ContainerKind::zip, zip).problem, std::nullopt);
  EXPECT_EQ(contents_, std::vector{id_of(as_bytes_of("hello, world"))});
}

TEST_F(ArchiveMembersTest, GoesOnBehindAMemberThatIsTooLarge) {
  limits_ = {.member_bytes_max = 1000};

  const Unpacking unpacking = listed(ContainerKind::zip, three());

  EXPECT_EQ(unpacking.problem->reason, Reason::too_large);
  EXPECT_EQ(contents_.size(), 2U);
}

TEST_F(ArchiveMembersTest, GivesWhatCameOutOfADamagedMember) {
  const std::string whole = gzip_of(std::string(300'000, 'x'));

  EXPECT_EQ(unpack(whole.substr(0, whole.size() / 2), ContainerKind::gzip)->reason,
            Reason::unsupported);

  ASSERT_EQ(members_.size(), 1U);
  EXPECT_GT(members_.front(), 100'000U);
}

TEST_F(ArchiveMembersTest, FindsNothingInWhatWasMadeFromNothing) {
  EXPECT_EQ(unpack(gzip_of(""), ContainerKind::gzip), std::nullopt);
  EXPECT_EQ(unpack("!<arch>\n", ContainerKind::ar), std::nullopt);
  EXPECT_EQ(
      unpack(std::string("\x28\xB5\x2F\xFD\x24\0\1\0\0\x99\xE9\xD8\x51", 13), ContainerKind::zstd),
      std::nullopt);
  EXPECT_TRUE(members_.empty());
}

}  // namespace
}  // namespace cordon
