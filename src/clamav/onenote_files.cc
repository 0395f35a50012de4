#include "clamav/onenote_files.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "clamav/layer_bytes.h"
#include "clamav/mark_search.h"
#include "clamav/member_giver.h"

// [MS-ONESTORE]: GUIDs stand with their first three parts in little-endian order.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr auto kSection = "\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3"sv;
constexpr auto kContents = "\xA1\x2F\xFF\x43\xD9\xEF\x76\x4C\x9E\xE2\x10\xEA\x57\x22\x76\x5F"sv;
/// 2.3.1: the format; another one is that of [MS-ONESTORE] 2.8.
constexpr std::size_t kFormatAt = 48;
constexpr auto kFormat = "\x3F\xDD\x9A\x10\x1B\x91\xF5\x49\xA5\xD0\x17\x91\xED\xC8\xAE\xD8"sv;
/// 2.6.13: this, the size in 8 bytes, 12 bytes of nothing, and the file.
constexpr Mark kObject{
    .bytes = "\xE7\x16\xE3\xBD\x65\x26\x11\x45\xA4\xC4\x8D\x4D\x0B\x7A\x9E\xAC"sv, .rare = 6};
constexpr std::size_t kObjectHeaderBytes = 36;

}  // namespace

bool is_onenote(Bytes content) {
  return begins_with(content, kSection) || begins_with(content, kContents);
}

Unpacking read_onenote_files(Bytes file, const std::filesystem::path& temp_directory,
                             const UnpackLimits& limits, const UseMember& use) {
  MemberGiver giver(temp_directory, limits, use);
  if (!has_at(file, kFormatAt, kFormat)) {
    giver.note(Reason::unsupported, "a OneNote section in the form that services exchange");
  }
  // What lies in an object may be one as well, for somebody may refer to it.
  std::uint64_t left = 8 * std::uint64_t{file.size()} + (1U << 20);
  std::optional<std::size_t> found = find_mark(file, kObject);
  for (; found && giver.may_go_on(); found = find_mark(file, kObject, *found + 1)) {
    const Bytes object = file.subspan(*found);
    const bool has_header = object.size() >= kObjectHeaderBytes;
    const Bytes rest = object.subspan(has_header ? kObjectHeaderBytes : object.size());
    const std::uint64_t bytes = has_header ? little_endian<std::uint64_t>(object, 16) : 1;
    if (bytes > rest.size()) {
      giver.note(Reason::unsupported, "a file in a OneNote section is cut off");
    }
    const Bytes content =
        rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, rest.size())));
    if (content.size() > left) {
      giver.fail(Reason::limit, "the files in a OneNote section overlap too often");
      break;
    }
    left -= content.size();
    giver.give(content);
  }
  return std::move(giver).result();
}

}  // namespace cordon
