#include "clamav/content_ledger.h"

#include <algorithm>
#include <string>

#include "clamav/text_identity.h"
#include "core/checksum.h"

namespace cordon {
namespace {

ContentId id_from(std::uint64_t bytes, std::span<const std::byte> sha256) {
  ContentId id{.bytes = bytes};
  std::ranges::copy(sha256.first(id.digest.size()), id.digest.begin());
  return id;
}

}  // namespace

ContentId id_of(std::span<const std::byte> content) {
  return id_from(content.size(), sha256(content));
}

void ContentIdBuilder::update(std::span<const std::byte> piece) {
  hasher_.update(piece);
  bytes_ += piece.size();
}

ContentId ContentIdBuilder::finish() {
  const std::string digest = hasher_.finish();
  return id_from(bytes_, std::as_bytes(std::span(digest)));
}

void ContentLedger::await(const ContentId& content) {
  if (content.bytes > kTinyBytes) awaited_.insert(content);
  // A content that is known by its bytes does not stand for one that is known by its sum.
  if (!sums_.empty()) seen_.insert(content);
}

void ContentLedger::await(const SizeAndSum& member, std::uint32_t depth) {
  if (member.bytes > kTinyBytes) sums_.insert({member, depth});
}

void ContentLedger::see(std::span<const std::byte> layer, std::uint32_t depth) {
  if (!take(layer) && !sums_.empty()) see_sum(layer, depth);
}

void ContentLedger::see_sum(std::span<const std::byte> layer, std::uint32_t depth) {
  const auto same_size = sums_.lower_bound({SizeAndSum{.bytes = layer.size()}, 0});
  if (same_size == sums_.end() || same_size->first.bytes != layer.size()) return;
  const ContentId id = id_of(layer);
  if (seen_.contains(id)) return;
  const SizeAndSum seen{.bytes = layer.size(), .sum = crc32(0, layer)};
  const auto found = sums_.find({seen, depth});
  if (found == sums_.end()) return;
  sums_.erase(found);
  seen_.insert(id);
}

void ContentLedger::await_part(std::span<const std::byte> part) {
  if (part.size() <= kTinyBytes) return;
  const auto text = text_identity(part);
  if (text) {
    texts_.insert(*text);
  } else {
    await(id_of(part));
  }
}

bool ContentLedger::take(std::span<const std::byte> content) {
  return take_bytes(content) || take_text(content);
}

bool ContentLedger::take_bytes(std::span<const std::byte> content) {
  const auto same_size = awaited_.lower_bound(ContentId{.bytes = content.size()});
  if (same_size == awaited_.end() || same_size->bytes != content.size()) return false;
  return awaited_.erase(id_of(content)) > 0;
}

bool ContentLedger::take_text(std::span<const std::byte> content) {
  if (texts_.empty()) return false;
  const auto text = text_identity(content);
  return text && texts_.erase(*text) > 0;
}

}  // namespace cordon
