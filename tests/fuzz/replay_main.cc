// Runs every fuzz target over the files of its folder, and over every prefix of each: a decoder must
// withstand a message that ends anywhere.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#define FUZZ_TARGET(name) extern "C" int replay_##name(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef FUZZ_TARGET

namespace {

constexpr std::size_t kPrefixesMax = 4096;

struct FuzzTarget {
  const char* name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

#define FUZZ_TARGET(name) {#name, replay_##name},
constexpr FuzzTarget kTargets[] = {
#include "fuzz_targets.inc"
};
#undef FUZZ_TARGET

void feed(const FuzzTarget& target, const std::string& bytes) {
  target.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

/// Returns how many files there were.
std::size_t replay(const FuzzTarget& target, const std::filesystem::path& folder) {
  std::set<std::filesystem::path> paths;  // In order: targets with a state replay a story.
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.insert(entry.path());
  feed(target, "");
  for (const std::filesystem::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    feed(target, bytes);
    for (std::size_t n = 1; n < bytes.size() && n < kPrefixesMax; ++n) feed(target, bytes.substr(0, n));
  }
  return paths.size();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (const FuzzTarget& target : kTargets) {
    std::printf("%s: ", target.name);
    std::fflush(stdout);  // Whose input it was, is to be read when a sanitizer ends the program.
    const std::size_t files = replay(target, std::filesystem::path(argv[1]) / target.name);
    std::printf("%zu files\n", files);
    if (files == 0) return 1;  // An empty corpus would be a test that cannot fail.
  }
}
