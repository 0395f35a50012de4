#include "clamav/compound_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "clamav/members_of.h"

namespace cordon {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;

constexpr std::uint32_t kEndOfChain = 0xFFFFFFFE;

void put(std::string& file, std::size_t at, std::uint64_t value, std::size_t count = 4) {
  for (std::size_t i = 0; i < count; ++i) file[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

/// A compound file by [MS-CFB], built piece by piece; its parts can be broken afterwards.
class CompoundFile {
 public:
  explicit CompoundFile(unsigned version) : shift_(version == 3 ? 9 : 12) {
    file_ = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s + std::string(sector_bytes() - 8, '\0');
    put(file_, 24, 0x3E, 2);
    put(file_, 26, version, 2);
    put(file_, 28, 0xFFFE, 2);
    put(file_, 30, shift_, 2);
    put(file_, 32, 6, 2);
    put(file_, 56, 4096);
  }

  void add(const std::string& name, const std::string& bytes) {
    streams_.emplace_back(name, bytes);
  }

  std::string build() {
    std::string mini;
    std::vector<std::uint32_t> mini_table;
    std::vector<std::pair<std::uint32_t, std::size_t>> places;
    for (const auto& [name, bytes] : streams_) {
      if (bytes.size() >= 4096) {
        places.emplace_back(append(bytes), bytes.size());
        continue;
      }
      const std::size_t count = (bytes.size() + 63) / 64;
      places.emplace_back(static_cast<std::uint32_t>(mini_table.size()), bytes.size());
      for (std::size_t i = 0; i < count; ++i) {
        const bool last = i + 1 == count;
        mini_table.push_back(last ? kEndOfChain
                                  : static_cast<std::uint32_t>(mini_table.size() + 1));
      }
      mini += bytes + std::string(count * 64 - bytes.size(), '\0');
    }
    std::string directory = entry("Root Entry", 5, append(mini), mini.size());
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      directory += entry(streams_[i].first, 2, places[i].first, places[i].second);
    }
    put(file_, 60, append(numbers(mini_table)));
    directory_at_ = file_.size();
    put(file_, 48, append(directory));
    return with_tables();
  }

  std::size_t directory_at() const { return directory_at_; }
  std::size_t table_at() const { return table_at_; }

 private:
  std::size_t sector_bytes() const { return std::size_t{1} << shift_; }

  /// Every second sector stays unused, so that chains are in pieces.
  std::uint32_t append(const std::string& bytes) {
    if (bytes.empty()) return kEndOfChain;
    const auto first = static_cast<std::uint32_t>(table_.size());
    for (std::size_t at = 0; at < bytes.size(); at += sector_bytes()) {
      std::string sector = bytes.substr(at, sector_bytes());
      sector.resize(sector_bytes(), '\0');
      file_ += sector + std::string(sector_bytes(), 'u');
      const bool last = at + sector_bytes() >= bytes.size();
      table_.push_back(last ? kEndOfChain : static_cast<std::uint32_t>(table_.size() + 2));
      table_.push_back(0xFFFFFFFF);
    }
    return first;
  }

  std::string numbers(const std::vector<std::uint32_t>& values) const {
    std::string out;
    for (const std::uint32_t value : values) {
      out += "1234";
      put(out, out.size() - 4, value);
    }
    out.resize((out.size() + sector_bytes() - 1) / sector_bytes() * sector_bytes(), '\xFF');
    return out;
  }

  static std::string entry(const std::string& name, char type, std::uint32_t first,
                           std::size_t size) {
    std::string out(128, '\0');
    for (std::size_t i = 0; i < name.size(); ++i) out[2 * i] = name[i];
    put(out, 64, 2 * name.size() + 2, 2);
    out[66] = type;
    put(out, 116, first);
    put(out, 120, size, 8);
    return out;
  }

  std::string with_tables() {
    const std::string table = numbers(table_);
    const auto first = static_cast<std::uint32_t>(table_.size());
    const std::size_t count = table.size() / sector_bytes();
    put(file_, 44, count);
    put(file_, 68, kEndOfChain);
    for (std::size_t i = 0; i < 109; ++i) {
      put(file_, 76 + 4 * i, i < count ? first + i : 0xFFFFFFFF);
    }
    table_at_ = file_.size();
    return file_ + table;
  }

  unsigned shift_;
  std::string file_;
  std::vector<std::uint32_t> table_;
  std::vector<std::pair<std::string, std::string>> streams_;
  std::size_t directory_at_ = 0;
  std::size_t table_at_ = 0;
};

std::string content(std::size_t bytes, char first) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i)
    out += static_cast<char>(first + static_cast<char>(i % 23));
  return out;
}

Listing read(const std::string& file) { return members_of(read_compound_file, file); }

TEST(CompoundFile, IsKnownByItsMark) {
  EXPECT_TRUE(is_compound_file(as_bytes_of(CompoundFile(3).build())));
  EXPECT_FALSE(is_compound_file(as_bytes_of("\xD0\xCF\x11\xE0")));
}

TEST(CompoundFile, GivesShortAndLongStreamsOfBothVersions) {
  for (const unsigned version : {3U, 4U}) {
    SCOPED_TRACE(version);
    CompoundFile file(version);
    file.add("short", content(1000, 'a'));
    file.add("empty", "");
    file.add("long", content(50'000, 'b'));
    file.add("tiny", "t");

    const Listing listing = read(file.build());

    EXPECT_THAT(listing.members, ElementsAre(content(1000, 'a'), content(50'000, 'b'), "t"));
    EXPECT_FALSE(listing.problem);
  }
}

RC_GTEST_PROP(CompoundFile, GivesWhateverWasPutIn, ()) {
  CompoundFile file(*rc::gen::element(3U, 4U));
  std::vector<std::string> expected;
  for (const int bytes : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 9000))) {
    const std::string one = content(static_cast<std::size_t>(bytes), 'a');
    file.add("stream", one);
    if (!one.empty()) expected.push_back(one);
  }

  const Listing listing = read(file.build());

  RC_ASSERT(listing.members == expected);
  RC_ASSERT(!listing.problem);
}

TEST(CompoundFile, GivesTheFileThatAStreamWraps) {
  const std::string wrapped = "MZ and so on, whatever it is";
  std::string native = "\x02\0label\0C:\\path\0\0\0\x03\0\x05\0\0\0temp\0size"s;
  put(native, native.size() - 4, wrapped.size());
  native += wrapped + "behind";
  CompoundFile file(3);
  file.add("\x01Ole10Native", "size" + native);

  const Listing listing = read(file.build());

  EXPECT_THAT(listing.members, ElementsAre("size" + native, wrapped));
  EXPECT_EQ(ole_package_content(as_bytes_of(native))->size(), wrapped.size());
  EXPECT_EQ(ole_package_content(as_bytes_of("1234 no names"))->size(), 9U);
  EXPECT_FALSE(ole_package_content(as_bytes_of("1234")));
}

TEST(CompoundFile, GivesTheObjectsOfAPresentation) {
  const std::string object = CompoundFile(3).build();
  std::string packed(compressBound(object.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(object.data()), object.size());
  packed.resize(size);
  const auto record = [](const std::string& instance, const std::string& body) {
    std::string out = instance + "\x11\x10" + "size" + body;
    put(out, 4, body.size());
    return out;
  };
  const std::string slides = "\x0F\0\xE8\x03some"s + record("\x10\0"s, "size" + packed) +
                             record("\0\0"s, object) + record("\x10\0"s, "size, not zlib") +
                             "\x10\0\x11\x10"s;
  CompoundFile file(3);
  file.add("PowerPoint Document", slides);

  const Listing listing = read(file.build());

  EXPECT_THAT(listing.members, ElementsAre(slides, object, object));
  EXPECT_FALSE(listing.problem);
}

TEST(CompoundFile, SaysThatAChainEndsTooEarly) {
  CompoundFile builder(3);
  builder.add("long", content(20'000, 'a'));
  builder.add("short", "short");
  const std::string whole = builder.build();

  for (const std::uint32_t next : {kEndOfChain, 0x00FFFFFFU}) {
    std::string file = whole;
    put(file, builder.table_at() + 8, next);  // Behind the second sector of the stream.
    const Listing listing = read(file);
    EXPECT_EQ(listing.reason(), Reason::unsupported);
    EXPECT_THAT(listing.members, ElementsAre(content(20'000, 'a').substr(0, 1024), "short"));
  }
}

TEST(CompoundFile, SaysThatTheDirectoryEndsTooEarly) {
  CompoundFile builder(3);
  for (int i = 0; i < 10; ++i) builder.add("stream", "short");
  std::string file = builder.build();
  const std::size_t first = builder.directory_at() / 512 - 1;
  put(file, builder.table_at() + 4 * first, 0xFFFFFFFF);

  const Listing listing = read(file);

  EXPECT_EQ(listing.reason(), Reason::unsupported);
  EXPECT_EQ(listing.members.size(), 3U);  // A sector has four entries; one is the root.
}

TEST(CompoundFile, LeavesLoops) {
  CompoundFile builder(3);
  builder.add("long", content(20'000, 'a'));
  std::string file = builder.build();
  put(file, builder.table_at(), 0);  // The first sector is its own successor,
  put(file, builder.directory_at() + 128 + 120, 1U << 30);  // for a GiB.

  EXPECT_EQ(read(file).reason(), Reason::unsupported);
}

TEST(CompoundFile, BoundsHowOftenASectorIsGiven) {
  constexpr std::size_t kStreams = 100;
  CompoundFile shared(3);
  shared.add("long", content(500'000, 'a'));
  for (std::size_t i = 0; i < kStreams; ++i) shared.add("stream", content(4096, 'b'));
  std::string file = shared.build();
  for (std::size_t i = 0; i < kStreams; ++i) {
    // All streams are made the first. Directory sectors are every second one.
    const std::size_t entry = i + 2;
    const std::size_t at = shared.directory_at() + entry / 4 * 1024 + entry % 4 * 128 + 116;
    file.replace(at, 12, file, shared.directory_at() + 128 + 116, 12);
  }

  EXPECT_EQ(read(file).reason(), Reason::limit);
}

TEST(CompoundFile, ReadsWhatIsThereOfAFileThatIsCutOff) {
  CompoundFile builder(3);
  builder.add("long", content(20'000, 'a'));
  const std::string file = builder.build();

  for (std::size_t bytes = 8; bytes < builder.table_at(); bytes += 511) {
    EXPECT_EQ(read(file.substr(0, bytes)).reason(), Reason::unsupported) << bytes;
  }
}

TEST(CompoundFile, KeepsToItsLimits) {
  CompoundFile builder(3);
  builder.add("first", content(20'000, 'a'));
  builder.add("second", "second");
  const std::string file = builder.build();
  UnpackLimits limits;
  limits.members_max = 1;
  EXPECT_EQ(members_of(read_compound_file, file, limits).reason(), Reason::limit);
  limits = {};
  limits.member_bytes_max = 10'000;
  EXPECT_EQ(members_of(read_compound_file, file, limits).reason(), Reason::too_large);
}

}  // namespace
}  // namespace cordon
