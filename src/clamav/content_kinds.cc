#include "clamav/content_kinds.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "clamav/content_marks.h"

// The list of what may be Clean is closed from both sides. Content that somebody claims to be a
// container is claimed first (content_marks.cc); what remains must have a type of the engine that
// stands in our list (engine_types.cc). "Data" is what neither side claims.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::array<std::pair<Proof, std::string_view>, 5> kProofs = {{
    {Proof::second_reader, "second reader"},
    {Proof::engine_sums, "engine + sums of members"},
    {Proof::engine_checked, "engine + integrity check"},
    {Proof::nothing_to_open, "nothing to open"},
    {Proof::unsupported, "Unscannable(`unsupported`)"},
}};

/// [MS-CAB] 2.1: flags at offset 30 say that members continue in the cabinets before or after.
bool is_part_of_cabinet_set(Bytes layer) {
  using namespace std::string_view_literals;
  constexpr std::byte kPreviousOrNext{3};
  const auto mark = std::as_bytes(std::span("MSCF\0\0\0\0"sv));
  return layer.size() >= 36 && std::ranges::equal(layer.first(mark.size()), mark) &&
         (layer[30] & kPreviousOrNext) != std::byte{0};
}

const ContentMark* mark_of(Bytes layer) {
  const auto marks = content_marks();
  const auto found =
      std::ranges::find_if(marks, [&](const ContentMark& one) { return matches(one, layer); });
  return found == marks.end() ? nullptr : &*found;
}

/// Containers that the engine has no type for, or takes for data or text: known by their content.
constexpr ContentKind kReadByContent[] = {
    {ContentClass::archive, Proof::second_reader, "ar (also .deb)"},
    {ContentClass::archive, Proof::second_reader, "RPM"},
    {ContentClass::archive, Proof::second_reader, "WARC"},
    {ContentClass::archive, Proof::second_reader, "Zstandard"},
    {ContentClass::archive, Proof::second_reader, "LZ4"},
    {ContentClass::archive, Proof::second_reader, "lzip"},
    {ContentClass::archive, Proof::second_reader, "LZMA"},
    {ContentClass::archive, Proof::second_reader, "compress (.Z)"},
    {ContentClass::archive, Proof::second_reader, "zlib stream"},
    {ContentClass::archive, Proof::second_reader, "KWAJ"},
    {ContentClass::document, Proof::second_reader, "form body"},
    {ContentClass::document, Proof::second_reader, "CMS message, not encrypted (S/MIME, PKCS #7)"},
    {ContentClass::document, Proof::second_reader, "OpenPGP message, not encrypted"},
    {ContentClass::document, Proof::second_reader, "base64 in XML and HTML"},
    {ContentClass::document, Proof::second_reader, "yEnc and armour in text"},
    {ContentClass::program, Proof::second_reader,
     "what a script or a program carries behind itself"},
};

void add_once(std::vector<ContentKind>& kinds, const ContentKind& kind) {
  if (std::ranges::find(kinds, kind) == kinds.end()) kinds.push_back(kind);
}

}  // namespace

std::vector<ContentKind> content_kinds() {
  std::vector<ContentKind> kinds;
  for (const ContentMark& mark : content_marks()) {
    add_once(kinds, {mark.content_class, Proof::unsupported, mark.name});
  }
  for (const ContentKind& kind : kReadByContent) add_once(kinds, kind);
  for (const EngineType& type : engine_types()) add_once(kinds, type.kind);
  return kinds;
}

std::optional<ContentKind> kind_of(std::string_view engine_type, Bytes layer) {
  if (const ContentMark* mark = mark_of(layer)) {
    return ContentKind{mark->content_class, Proof::unsupported, mark->name};
  }
  const auto types = engine_types();
  const auto found = std::ranges::find(types, engine_type, &EngineType::type);
  if (found == types.end()) return std::nullopt;
  return found->kind;
}

std::optional<LayerProblem> about_content(std::string_view engine_type, Bytes layer) {
  if (is_part_of_cabinet_set(layer)) {
    return LayerProblem{Reason::unsupported, "a cabinet whose members are in several files"};
  }
  const std::optional<ContentKind> kind = kind_of(engine_type, layer);
  if (!kind) {
    return LayerProblem{Reason::unsupported,
                        "cannot be opened: a type of the engine that is not "
                        "known here (" +
                            std::string(engine_type) + ")"};
  }
  if (kind->proof != Proof::unsupported) return std::nullopt;
  return LayerProblem{Reason::unsupported, "cannot be opened: " + std::string(kind->name),
                      kind->content_class};
}

std::string content_table() {
  std::string table = "| class | proof | kinds |\n| --- | --- | --- |\n";
  const std::vector<ContentKind> kinds = content_kinds();
  for (int i = 0; i <= static_cast<int>(ContentClass::data); ++i) {
    const auto content_class = static_cast<ContentClass>(i);
    for (const auto& [proof, proof_name] : kProofs) {
      std::string names;
      for (const ContentKind& kind : kinds) {
        if (kind.content_class != content_class || kind.proof != proof) continue;
        names += (names.empty() ? "" : "; ") + std::string(kind.name);
      }
      if (names.empty()) continue;
      table += "| " + std::string(name_of(content_class)) + " | " + std::string(proof_name) +
               " | " + names + " |\n";
    }
  }
  return table;
}

}  // namespace cordon
