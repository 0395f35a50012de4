#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <utility>

#include "base/digest.h"
#include "clamav/size_and_sum.h"

namespace cordon {

/// Which bytes a content is: its size, and the first half of its SHA-256.
struct ContentId {
  std::uint64_t bytes = 0;
  std::array<std::byte, 16> digest = {};

  auto operator<=>(const ContentId&) const = default;
};

ContentId id_of(std::span<const std::byte> content);

/// The id of a content that comes in pieces. Once; nothing may follow `finish`.
class ContentIdBuilder {
 public:
  void update(std::span<const std::byte> piece);
  ContentId finish();
  std::uint64_t bytes() const { return bytes_; }

 private:
  Hasher hasher_{Hasher::Kind::sha256};
  std::uint64_t bytes_ = 0;
};

/// Which contents must have been seen before an object may be Clean: those that the second readers
/// list, less those that the engine showed or that were scanned as objects of their own.
///
/// Identity, not number: a container that holds other members than the engine opened leaves a rest
/// here, however many layers the engine showed.
///
/// Threads: one at a time. Memory: some 60 bytes for each content that is awaited.
class ContentLedger {
 public:
  /// Contents of kTinyBytes and less are awaited by nobody.
  void await(const ContentId& content);
  /// A part of a mail: a text may have other ends of lines in the layer that the engine shows.
  void await_part(std::span<const std::byte> part);
  /// A member that no second reader unpacks but whose container keeps its size and CRC-32: a layer
  /// that comes out of `container` (as the caller numbers its layers, from 1 on) must have both,
  /// and be none of those that are awaited by their bytes.
  void await(const SizeAndSum& member, std::uint64_t container);
  /// The same for a member that needs a password. It is not among those that are `awaited`.
  void await_locked(const SizeAndSum& member, std::uint64_t container);
  /// The engine shows a layer out of `container`; 0: nobody knows. Returns which content it is.
  ContentId see(std::span<const std::byte> layer, std::uint64_t container);
  /// True, and awaited no more, if `content` was.
  bool take(std::span<const std::byte> content);

  bool complete() const { return awaited() == 0; }
  std::size_t locked() const { return locked_.size(); }
  std::size_t awaited() const { return awaited_.size() + texts_.size() + sums_.size(); }

 private:
  /// Of a member of a container.
  using SumIn = std::pair<SizeAndSum, std::uint64_t>;

  void see_sum(std::span<const std::byte> layer, const ContentId& id, std::uint64_t container);
  bool awaits_sum_of(std::uint64_t bytes) const;
  bool take_text(std::span<const std::byte> content);

  std::set<ContentId> awaited_;
  std::set<Sha256Digest> texts_;
  std::multiset<SumIn> sums_;
  std::multiset<SumIn> locked_;
  std::set<ContentId> known_;  ///< By their bytes, while sums are awaited.
};

}  // namespace cordon
