#include "clamav/content_ledger.h"

#include <algorithm>
#include <string>

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
}

void ContentLedger::see(std::span<const std::byte> layer) {
  const auto same_size = awaited_.lower_bound(ContentId{.bytes = layer.size()});
  if (same_size == awaited_.end() || same_size->bytes != layer.size()) return;
  awaited_.erase(id_of(layer));
}

bool ContentLedger::take(const ContentId& content) { return awaited_.erase(content) > 0; }

}  // namespace cordon
