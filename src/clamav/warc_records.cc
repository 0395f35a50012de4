#include "clamav/warc_records.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include "clamav/member_feed.h"
#include "clamav/member_giver.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kHeaderBytesMax = 1U << 20;

bool begins_with_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::ranges::equal(line.substr(0, name.size()), name, [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

std::optional<std::uint64_t> length_in(std::string_view value) {
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
  const std::string_view rest(end, static_cast<std::size_t>(value.data() + value.size() - end));
  if (error != std::errc{} || rest.find_first_not_of(" \t\r") != rest.npos) return std::nullopt;
  return length;
}

/// The header of one record: how long it is itself, and its block.
struct Header {
  std::size_t bytes = 0;
  std::uint64_t block_bytes = 0;
};

std::optional<Header> header_at(std::string_view text) {
  if (!text.starts_with("WARC/")) return std::nullopt;
  Header header;
  bool has_length = false;
  const std::string_view head = text.substr(0, kHeaderBytesMax);
  for (;;) {
    const std::size_t end = head.find('\n', header.bytes);
    if (end == head.npos) return std::nullopt;
    std::string_view line = head.substr(header.bytes, end - header.bytes);
    header.bytes = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if (!begins_with_name(line, "content-length")) continue;
    const auto length = length_in(line.substr(std::string_view("content-length:").size()));
    if (!length || has_length) return std::nullopt;
    header.block_bytes = *length;
    has_length = true;
  }
  return has_length ? std::optional(header) : std::nullopt;
}

}  // namespace

Unpacking read_warc_records(Bytes file, const std::filesystem::path& temp_directory,
                            const UnpackLimits& limits, const UseMember& use) {
  MemberGiver giver(temp_directory, limits, use);
  for (std::size_t at = 0; giver.may_go_on();) {
    while (at < file.size() && (file[at] == std::byte{'\r'} || file[at] == std::byte{'\n'})) ++at;
    if (at == file.size()) break;
    const std::optional<Header> header = header_at(text_of(file.subspan(at)));
    if (!header || header->block_bytes > file.size() - at - header->bytes) {
      giver.note(Reason::unsupported, "a WARC record is damaged or cut off");
      giver.give(file.subspan(at));
      break;
    }
    at += header->bytes;
    const auto block = static_cast<std::size_t>(header->block_bytes);
    if (!giver.give(file.subspan(at, block))) break;
    at += block;
  }
  return std::move(giver).result();
}

}  // namespace cordon
