#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "clamav/content_kinds.h"

namespace cordon {

/// How content is recognised that nothing here opens completely. All rows are Proof::unsupported.
struct ContentMark {
  ContentClass content_class;
  std::string_view name;
  /// Offset of the mark; when negative, from the end of the content.
  std::ptrdiff_t at;
  /// At least four bytes, or empty when `check` alone decides. A mark that is printable counts only
  /// where what follows it is no text.
  std::string_view mark;
  /// What else must hold; null when the mark is enough.
  bool (*check)(std::span<const std::byte> content) = nullptr;
};

/// All rows; the first that matches a content counts.
std::span<const ContentMark> content_marks();

/// True when `content` has that mark. Pure.
bool matches(const ContentMark& mark, std::span<const std::byte> content);

/// The engine's types, all of them: what the engine may find in content that no mark claims.
struct EngineType {
  std::string_view type;  ///< "CL_TYPE_ZIP"
  ContentKind kind;
};

std::span<const EngineType> engine_types();

}  // namespace cordon
