#include "clamav/compound_directory.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "base/text.h"
#include "clamav/compound_file_sample.h"
#include "clamav/layer_bytes.h"

namespace cordon {
namespace {

std::string read(const std::string& bytes, std::string_view name, std::size_t bytes_max = 1 << 20) {
  const auto file = CompoundDirectory::open(as_bytes_of(bytes));
  if (!file) return "no compound file";
  const auto content = file->stream(name, bytes_max);
  return content ? std::string(as_text(*content)) : "no stream";
}

TEST(CompoundDirectory, ReadsLargeAndSmallStreams) {
  const std::string large = std::string(5000, 'l') + "end";
  const std::string small = std::string(100, 's') + "end";
  const std::string file = compound_file_of({{"Small", small}, {"Large", large}, {"Empty", ""}});

  EXPECT_EQ(read(file, "Small"), small);
  EXPECT_EQ(read(file, "Large"), large);
  EXPECT_EQ(read(file, "Empty"), "");
  EXPECT_EQ(read(file, "Other"), "no stream");
  EXPECT_EQ(read(file, "Large", 5000), "no stream");
}

TEST(CompoundDirectory, TellsWhereAStreamLies) {
  const std::string file =
      compound_file_of({{"Small", std::string(100, 's')}, {"Large", std::string(5000, 'l')}});
  const auto directory = CompoundDirectory::open(as_bytes_of(file));
  ASSERT_TRUE(directory);

  for (const auto& [name, bytes, letter] :
       {std::tuple("Small", 100, 's'), std::tuple("Large", 5000, 'l')}) {
    const auto places = directory->places(name, 1 << 20);
    ASSERT_TRUE(places);
    EXPECT_EQ(as_text(joined(as_bytes_of(file), *places)), std::string(bytes, letter));
  }
}

TEST(CompoundDirectory, TellsNoPlacesThatOverlap) {
  std::string circle = compound_file_of({{"Large", std::string(5000, 'l')}});
  circle.replace(512 + 3 * 4, 4, std::string("\3\0\0\0", 4));

  EXPECT_TRUE(CompoundDirectory::open(as_bytes_of(circle))->stream("Large", 1 << 20));
  EXPECT_FALSE(CompoundDirectory::open(as_bytes_of(circle))->places("Large", 1 << 20));
}

TEST(CompoundDirectory, TakesNoneOfTwoStreamsWithOneName) {
  EXPECT_EQ(read(compound_file_of({{"A", "one"}, {"A", "two"}}), "A"), "no stream");
}

TEST(CompoundDirectory, RefusesDamagedTables) {
  const std::string file = compound_file_of({{"Large", std::string(5000, 'l')}});
  for (std::size_t size = 0; size < file.size(); size += 100) {
    const std::string answer = read(file.substr(0, size), "Large");
    EXPECT_TRUE(answer == "no stream" || answer == "no compound file") << size;
  }
  std::string circle = file;
  // The first sector of the stream is followed by itself; then the directory.
  circle.replace(512 + 3 * 4, 4, std::string("\3\0\0\0", 4));
  EXPECT_EQ(read(circle, "Large").size(), 5000U);  // It ends at the size that is declared.
  circle.replace(512 + 1 * 4, 4, std::string("\1\0\0\0", 4));
  EXPECT_EQ(read(circle, "Large"), "no compound file");
  EXPECT_EQ(read("text", "Large"), "no compound file");
}

}  // namespace
}  // namespace cordon
