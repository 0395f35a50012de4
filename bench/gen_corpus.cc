#include "gen_corpus.h"

#include <array>
#include <random>
#include <string_view>

#include "base/byte_reader.h"
#include "base/narrow.h"
#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

class Source {
 public:
  explicit Source(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string word() {
    std::string out;
    const std::uint64_t letters = 2 + below(9);
    for (std::uint64_t i = 0; i < letters; ++i) {
      out.push_back("etaoinshrdlucmfwypvbgkjqxz"[std::min(below(26), below(26))]);
    }
    return out;
  }
  std::string noise(std::size_t bytes) {
    std::string out(bytes, '\0');
    for (char& c : out) c = static_cast<char>(random_() >> 56);
    return out;
  }

 private:
  std::mt19937_64 random_;
};

template <typename Piece>
std::string repeated(std::size_t bytes, const Piece& piece) {
  std::string out;
  while (out.size() < bytes) out += piece();
  return out;
}

std::string text(Source& from, std::size_t bytes) {
  return repeated(bytes, [&] { return from.word() + (from.below(12) == 0 ? ".\n" : " "); });
}

std::string html(Source& from, std::size_t bytes) {
  return "<!DOCTYPE html><html><body>" +
         repeated(bytes,
                  [&] {
                    return "<p class=\"" + from.word() + "\"><a href=\"/" + from.word() + "\">" +
                           text(from, 120) + "</a></p>\n";
                  }) +
         "</body></html>";
}

std::string script(Source& from, std::size_t bytes) {
  return repeated(bytes, [&] {
    return "function " + from.word() + "(" + from.word() + ") { return " + from.word() + " + \"" +
           from.word() + "\"; }\n";
  });
}

/// Code-like: short instructions from a small alphabet between runs of zeros and strings.
std::string code(Source& from, std::size_t bytes) {
  return repeated(bytes, [&] {
    switch (from.below(8)) {
      case 0:
        return std::string(from.below(64), '\0');
      case 1:
        return text(from, 40);
      default: {
        constexpr std::array<std::string_view, 6> kCommon = {
            "\x48\x89\xe5", "\xe8", "\x0f\x84", "\x8b\x45", "\xc3\x90", "\x48\x8d\x3d"};
        return std::string(kCommon[from.below(kCommon.size())]) + from.noise(1 + from.below(6));
      }
    }
  });
}

/// A 64-bit ELF file with one loadable segment.
std::string program(Source& from, std::size_t bytes) {
  const std::string body = code(from, bytes);
  ByteWriter out;
  out.bytes(
      as_bytes_of(std::string_view("\x7F"
                                   "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
                                   16)));
  out.u16(2);
  out.u16(62);
  out.u32(1);
  out.u64(0x400078);
  out.u64(64);
  out.u64(0);
  out.u32(0);
  for (const std::uint16_t field : std::array<std::uint16_t, 6>{64, 56, 1, 64, 0, 0})
    out.u16(field);
  out.u32(1);
  out.u32(5);
  out.u64(0);
  out.u64(0x400000);
  out.u64(0x400000);
  out.u64(120 + body.size());
  out.u64(120 + body.size());
  out.u64(0x1000);
  return std::move(out).take() + body;
}

/// A bitmap of 24 bits a pixel.
std::string image(Source& from, std::size_t bytes) {
  const auto rows = narrow<std::uint32_t>(bytes / 768 + 1);
  ByteWriter out;
  out.bytes(as_bytes_of("BM"));
  out.u32(54 + rows * 768);
  out.u32(0);
  out.u32(54);
  out.u32(40);
  out.u32(256);
  out.u32(rows);
  out.u16(1);
  out.u16(24);
  for (int i = 0; i < 6; ++i) out.u32(0);
  return std::move(out).take() + from.noise(std::size_t{rows} * 768);
}

std::string archive(Source& from, std::size_t bytes) {
  std::vector<ZipMember> members;
  for (std::size_t i = 0; i < 5; ++i) {
    members.push_back({.name = "member" + std::to_string(i),
                       .bytes = i % 2 == 0 ? text(from, bytes / 5) : code(from, bytes / 5)});
  }
  return zip_of(members);
}

std::string tarball(Source& from, std::size_t bytes) {
  return gzip_of(tar_of("member", script(from, bytes)));
}

}  // namespace

std::vector<BenchFile> generate_files(std::uint64_t bytes, std::uint64_t seed) {
  Source from(seed * 1'000'003 + bytes);
  const auto size = narrow<std::size_t>(bytes);
  return {{"text", text(from, size)},      {"html", html(from, size)},
          {"script", script(from, size)},  {"program", program(from, size)},
          {"image", image(from, size)},    {"archive", archive(from, size)},
          {"tarball", tarball(from, size)}};
}

}  // namespace cordon
