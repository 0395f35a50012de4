#include "clamav/ber.h"

namespace cordon {
namespace {

constexpr int kDepthMax = 32;

struct Header {
  std::uint8_t tag;
  std::size_t bytes;
  std::optional<std::uint64_t> length;  ///< Nothing: up to the end-of-contents octets.
};

std::uint8_t octet(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::optional<Header> header_of(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const std::uint8_t tag = octet(bytes, 0);
  const std::uint8_t first = octet(bytes, 1);
  if ((tag & 0x1FU) == 0x1FU) return std::nullopt;
  if (first < 0x80) return Header{tag, 2, first};
  if (first == 0x80) {
    if ((tag & 0x20U) == 0) return std::nullopt;
    return Header{tag, 2, std::nullopt};
  }
  const std::size_t count = first & 0x7FU;
  if (count > 8 || bytes.size() < 2 + count) return std::nullopt;
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < count; ++i) length = length << 8 | octet(bytes, 2 + i);
  return Header{tag, 2 + count, length};
}

bool is_end_of_contents(const Header& header) { return header.tag == 0 && header.length == 0U; }

/// How many bytes the elements in front of the end-of-contents octets have; all when there are
/// none, as in what is cut off. Nothing: nested too deeply.
std::optional<std::size_t> contents_length(std::string_view bytes, int depth, bool& ended) {
  if (depth > kDepthMax) return std::nullopt;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto header = header_of(bytes.substr(at));
    if (!header) return bytes.size();
    if (is_end_of_contents(*header)) {
      ended = true;
      return at;
    }
    at += header->bytes;
    if (header->length) {
      if (*header->length > bytes.size() - at) return bytes.size();
      at += static_cast<std::size_t>(*header->length);
      continue;
    }
    bool inner_ended = false;
    const auto inner = contents_length(bytes.substr(at), depth + 1, inner_ended);
    if (!inner) return std::nullopt;
    if (!inner_ended) return bytes.size();
    at += *inner + 2;
  }
  return bytes.size();
}

bool join(const BerElement& string, int depth, StagedMember& out) {
  if (!string.is_constructed()) {
    out.append(string.content);
    return !string.is_cut_off;
  }
  if (depth > kDepthMax) return false;
  constexpr std::uint8_t kOctetString = 0x04;
  BerReader pieces(string.content);
  while (const auto piece = pieces.next()) {
    if (!piece->is(kOctetString) || !join(*piece, depth + 1, out)) return false;
  }
  return !string.is_cut_off;
}

}  // namespace

std::optional<BerElement> BerReader::next() {
  const auto header = header_of(left_);
  if (!header || is_end_of_contents(*header)) return std::nullopt;
  BerElement out{.tag = header->tag};
  const std::string_view rest = left_.substr(header->bytes);
  if (header->length) {
    out.is_cut_off = *header->length > rest.size();
    out.content =
        rest.substr(0, out.is_cut_off ? rest.size() : static_cast<std::size_t>(*header->length));
    left_ = rest.substr(out.content.size());
    return out;
  }
  bool ended = false;
  const auto length = contents_length(rest, 0, ended);
  if (!length) return std::nullopt;
  out.is_cut_off = !ended;
  out.content = rest.substr(0, *length);
  left_ = rest.substr(ended ? *length + 2 : *length);
  return out;
}

bool join_octets(const BerElement& string, StagedMember& out) { return join(string, 0, out); }

}  // namespace cordon
