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
  if (!sums_.empty() || !locked_.empty()) known_.insert(content);
}

void ContentLedger::await(const SizeAndSum& member, std::uint64_t container) {
  if (member.bytes > kTinyBytes) sums_.insert({member, container});
}

void ContentLedger::await_locked(const SizeAndSum& member, std::uint64_t container) {
  locked_.insert({member, container});
}

ContentId ContentLedger::see(std::span<const std::byte> layer, std::uint64_t container) {
  const ContentId id = id_of(layer);
  if (awaited_.erase(id) == 0 && !take_text(layer) && awaits_sum_of(layer.size())) {
    see_sum(layer, id, container);
  }
  return id;
}

bool ContentLedger::awaits_sum_of(std::uint64_t bytes) const {
  const auto has = [&](const std::multiset<SumIn>& sums) {
    const auto found = sums.lower_bound({SizeAndSum{.bytes = bytes}, 0});
    return found != sums.end() && found->first.bytes == bytes;
  };
  return has(sums_) || has(locked_);
}

void ContentLedger::see_sum(std::span<const std::byte> layer, const ContentId& id,
                            std::uint64_t container) {
  if (known_.contains(id)) return;
  const SumIn seen{SizeAndSum{.bytes = layer.size(), .sum = crc32(0, layer)}, container};
  for (std::multiset<SumIn>* sums : {&sums_, &locked_}) {
    const auto found = sums->find(seen);
    if (found == sums->end()) continue;
    sums->erase(found);
    return;
  }
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
  const auto same_size = awaited_.lower_bound(ContentId{.bytes = content.size()});
  const bool may_be_one = same_size != awaited_.end() && same_size->bytes == content.size();
  return (may_be_one && awaited_.erase(id_of(content)) > 0) || take_text(content);
}

bool ContentLedger::take_text(std::span<const std::byte> content) {
  if (texts_.empty()) return false;
  const auto text = text_identity(content);
  return text && texts_.erase(*text) > 0;
}

}  // namespace cordon
