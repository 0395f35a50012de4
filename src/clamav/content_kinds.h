#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clamav/judge.h"
#include "core/content_class.h"

namespace cordon {

/// Why a layer of this kind may be part of a Clean object.
enum class Proof : std::uint8_t {
  second_reader,    ///< The engine opens it, and a reader that is not the engine's says what is
                    ///< inside.
  engine_sums,      ///< Only the engine opens it; its headers tell what must come out of it.
  engine_checked,   ///< Only the engine opens it; its sizes are checked here.
  nothing_to_open,  ///< Its bytes are all there is, and they are searched.
  unsupported,      ///< It may not: nothing here opens it completely.
};

/// One row of the table that docs/formats/verdicts.md is generated from.
struct ContentKind {
  ContentClass content_class;
  Proof proof;
  std::string_view name;  ///< For people: "SquashFS file system".

  bool operator==(const ContentKind&) const = default;
};

/// Kinds by what stands in the content, then kinds by the engine's type; a kind with several marks
/// is listed once.
std::vector<ContentKind> content_kinds();

/// What kind a layer is: by its own bytes where nothing here opens it, else by the engine's type.
/// Nullopt for a type of the engine that the table does not have, which is then not believed.
///
/// Pure. Reads fixed places only, in the first 320 KiB and the last 1 KiB.
std::optional<ContentKind> kind_of(std::string_view engine_type, std::span<const std::byte> layer);

/// The problem with a layer that nobody here opens completely; nullopt when there is none.
/// Pure, as `kind_of`.
std::optional<LayerProblem> about_content(std::string_view engine_type,
                                          std::span<const std::byte> layer);

/// The table as Markdown, as it stands in docs/formats/verdicts.md.
std::string content_table();

}  // namespace cordon
