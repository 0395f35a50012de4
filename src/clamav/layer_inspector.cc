#include "clamav/layer_inspector.h"

#include <algorithm>
#include <optional>
#include <string>

#include "clamav/arj_headers.h"
#include "clamav/base64_text.h"
#include "clamav/cms_content.h"
#include "clamav/compound_file.h"
#include "clamav/content_kinds.h"
#include "clamav/locked_formats.h"
#include "clamav/mail_parts.h"
#include "clamav/ms_expand.h"
#include "clamav/office_locks.h"
#include "clamav/onenote_files.h"
#include "clamav/openpgp_content.h"
#include "clamav/payload_behind_script.h"
#include "clamav/payloads.h"
#include "clamav/pdf_streams.h"
#include "clamav/rar5_headers.h"
#include "clamav/rtf_objects.h"
#include "clamav/size_checks.h"
#include "clamav/text_encodings.h"
#include "clamav/tnef.h"
#include "clamav/zip_directory.h"

// The engine's per-layer callback hands us each layer with its type, at any depth of nesting. What
// stands here says what is done about it beside the engine: which containers a second reader opens,
// what is searched once more, what is scanned apart, and what cannot be helped.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

bool starts_with(Bytes bytes, std::string_view mark) {
  return bytes.size() >= mark.size() &&
         std::ranges::equal(bytes.first(mark.size()), bytes_of(mark));
}

constexpr std::string_view kRar5Mark{"Rar!\x1A\x07\x01\x00", 8};

void await(ContainerKind kind, std::size_t offset, std::size_t end, LayerFindings& findings) {
  findings.containers.push_back(
      {.kind = kind, .offset = offset, .bytes = end - offset, .behind_bytes = end - offset});
}

void inspect_zip(Bytes layer, bool surely_zip, std::uint64_t layer_bytes_max,
                 LayerFindings& findings) {
  const Result<ZipSummary> zip = read_zip_directory(layer);
  if (!zip) {
    if (zip.error().code == Errc::throttled) {
      findings.problems.push_back({Reason::limit, zip.error().what});
    } else if (surely_zip || zip.error().cause == ErrorCause::zip_directory_is_there) {
      findings.problems.push_back({Reason::unsupported, zip.error().what});
    }
    return;
  }
  if (zip->multi_volume) {
    findings.problems.push_back({Reason::unsupported, "a zip whose members are in other files"});
    return;
  }
  if (zip->unreadable) {
    findings.problems.push_back({Reason::unsupported, "a zip member whose size cannot be true"});
  }
  if (zip->encrypted) findings.problems.push_back({Reason::encrypted, kLockedZip});
  if (zip->member_bytes_max >= layer_bytes_max) {
    findings.problems.push_back(
        {Reason::too_large, "a zip member of " + std::to_string(zip->member_bytes_max) +
                                " bytes is larger than the engine can read"});
  }
  // Without what is behind the end: readers look for it in the last 64 KiB only.
  if (zip->entries > 0) await(ContainerKind::zip, 0, static_cast<std::size_t>(zip->end), findings);
  if (zip->contradicts) {
    await(ContainerKind::zip_from_front, 0, static_cast<std::size_t>(zip->end), findings);
  }
  findings.engine_only = zip->engine_only;
  findings.locked = zip->locked;
  if (surely_zip) findings.apart = zip->unlisted;
}

void inspect_rar(Bytes rar, LayerFindings& findings) {
  if (!starts_with(rar, kRar5Mark)) return;  // libarchive reports what is wrong with a RAR 4.
  const Result<Rar5Summary> headers = read_rar5_headers(rar);
  if (!headers) {
    findings.problems.push_back({Reason::unsupported, headers.error().what});
  } else if (headers->encrypted) {
    findings.problems.push_back({Reason::encrypted, "password-protected rar"});
  } else if (headers->multi_volume) {
    findings.problems.push_back({Reason::unsupported, "a rar member continues in another file"});
  }
}

/// Readers find nothing to read in it, as they do in a damaged one.
bool is_empty_rar5(Bytes rar) {
  if (!starts_with(rar, kRar5Mark)) return false;
  const Result<Rar5Summary> headers = read_rar5_headers(rar);
  return headers.ok() && headers->members == 0 && headers->has_end && !headers->encrypted;
}

/// Types that the engine takes for a container. Where nothing in the content agrees, what it then
/// does not look at is shown to it as data.
bool is_believed_container(std::string_view engine_type) {
  return engine_type == "CL_TYPE_GZ" || engine_type == "CL_TYPE_BZ" ||
         engine_type == "CL_TYPE_XZ" || engine_type == "CL_TYPE_7Z" ||
         engine_type == "CL_TYPE_RAR" || engine_type == "CL_TYPE_XAR" ||
         engine_type.find("TAR") != std::string_view::npos ||
         engine_type.find("CPIO") != std::string_view::npos;
}

/// Their members stand in them as they are and are layers of their own: what stands at the end is
/// the end of a member.
bool holds_files_unpacked(ContainerKind kind) {
  return kind == ContainerKind::tar || kind == ContainerKind::cpio || kind == ContainerKind::ar ||
         kind == ContainerKind::iso9660;
}

/// Reading it to its end tells where that is.
bool says_its_end(ContainerKind kind) {
  return is_compressed_file(kind) || kind == ContainerKind::rar || kind == ContainerKind::lha ||
         kind == ContainerKind::seven_zip || kind == ContainerKind::cabinet;
}

/// What stands behind a head of another kind: a zip is read from its end whatever is in front, and
/// archives whose headers tell them from constants are looked for. What a compound file holds is in
/// pieces and has no head of its own.
void inspect_embedded(std::string_view engine_type, Bytes layer, std::uint64_t layer_bytes_max,
                      LayerFindings& findings) {
  if (engine_type == "CL_TYPE_MAIL") return;
  inspect_zip(layer, false, layer_bytes_max, findings);
  if (engine_type == "CL_TYPE_MSOLE2") return;
  EmbeddedContainers embedded = find_embedded_containers(layer);
  if (embedded.too_many) {
    findings.problems.push_back({Reason::limit, "too many archives in other data"});
  }
  for (const Container& one : embedded.containers) {
    if (one.kind == ContainerKind::rar) inspect_rar(layer.subspan(one.offset), findings);
    findings.containers.push_back(one);
  }
}

/// Documents and messages: what only the engine opened is read by a second reader.
void inspect_documents(std::string_view engine_type, Bytes layer, LayerFindings& findings) {
  const std::pair<ContainerKind, bool> kinds[] = {
      {ContainerKind::pdf, is_pdf(layer)},
      {ContainerKind::compound_file, is_compound_file(layer)},
      {ContainerKind::rtf, is_rtf(layer)},
      {ContainerKind::markup, is_markup(layer)},
      {ContainerKind::mail, engine_type == "CL_TYPE_MAIL" || looks_like_mail(layer)},
      {ContainerKind::tnef, looks_like_tnef(layer)},
      {ContainerKind::onenote, is_onenote(layer)},
      {ContainerKind::cms, looks_like_cms(layer)},
      {ContainerKind::openpgp, looks_like_openpgp(layer)},
      {ContainerKind::encoded_text, looks_like_encoded_text(layer)},
      {ContainerKind::ms_compressed, looks_like_ms_compressed(layer)},
      {ContainerKind::script,
       starts_with(layer, "#!") || !find_payloads_behind_script(layer).empty()},
  };
  for (const auto& [kind, is_one] : kinds) {
    if (is_one) await(kind, 0, layer.size(), findings);
  }
}

void inspect_containers(std::string_view engine_type, Bytes layer, std::uint64_t layer_bytes_max,
                        LayerFindings& findings) {
  const std::optional<ContainerKind> kind = container_at_front(layer);
  if (kind == ContainerKind::zip || engine_type == "CL_TYPE_ZIP") {
    inspect_documents(engine_type, layer, findings);
    return inspect_zip(layer, true, layer_bytes_max, findings);
  }
  if (!kind) {
    if (is_believed_container(engine_type)) findings.scan_as_data = true;
    inspect_documents(engine_type, layer, findings);
    return inspect_embedded(engine_type, layer, layer_bytes_max, findings);
  }
  if (*kind == ContainerKind::rar) inspect_rar(layer, findings);
  if (*kind != ContainerKind::rar || !is_empty_rar5(layer)) await(*kind, 0, layer.size(), findings);
  // The two lists of files of one image need not agree.
  if (*kind == ContainerKind::iso9660) {
    await(ContainerKind::iso9660_plain, 0, layer.size(), findings);
  }
  if (holds_files_unpacked(*kind)) return;
  inspect_documents(engine_type, layer, findings);
  // What is behind its end is scanned apart, and archives in that are found there.
  if (says_its_end(*kind)) return inspect_zip(layer, false, layer_bytes_max, findings);
  inspect_embedded(engine_type, layer, layer_bytes_max, findings);
}

/// Only the engine opens ARJ, and it stops at the end of the archive.
void inspect_arj(Bytes layer, LayerFindings& findings) {
  const ArjMembers members = arj_members(layer);
  findings.engine_only.insert(findings.engine_only.end(), members.unpacked.begin(),
                              members.unpacked.end());
  if (members.unreadable) {
    findings.problems.push_back({Reason::unsupported, "an ARJ member whose size cannot be true"});
  }
  const std::optional<std::size_t> end = arj_end(layer);
  if (end && *end < layer.size()) findings.apart.push_back({*end, layer.size() - *end});
}

/// Self-extracting scripts, and archives behind programs.
void inspect_payload(Bytes layer, LayerFindings& findings) {
  const std::optional<Payload> payload = payload_of(layer);
  if (!payload) return;
  findings.apart.push_back({payload->at, layer.size() - payload->at});
  if (payload->known) return;
  findings.problems.push_back({Reason::unsupported, "a script with packed content behind it"});
}

}  // namespace

/// The PE/COFF specification 2.1 and 3.4.2: subsystems 10 to 13.
bool is_efi_program(Bytes layer) {
  constexpr std::size_t kHeaderAt = 0x3C;
  constexpr std::size_t kSubsystem = 24 + 68;
  if (layer.size() < kHeaderAt + 4 || !starts_with(layer, "MZ")) return false;
  std::size_t at = 0;
  for (std::size_t i = 4; i-- > 0;)
    at = at << 8 | std::to_integer<std::size_t>(layer[kHeaderAt + i]);
  if (at > layer.size() || layer.size() - at < kSubsystem + 2) return false;
  if (!starts_with(layer.subspan(at), std::string_view("PE\0\0", 4))) return false;
  const auto low = std::to_integer<unsigned>(layer[at + kSubsystem]);
  return low >= 10 && low <= 13 && layer[at + kSubsystem + 1] == std::byte{0};
}

LayerFindings inspect_layer(std::string_view engine_type, Bytes layer,
                            std::uint64_t layer_bytes_max) {
  LayerFindings findings;
  if (layer.size() >= layer_bytes_max) {
    // The engine cuts what it unpacks at exactly this size and goes on.
    findings.problems.push_back({Reason::too_large, "a part is larger than the engine can read"});
  }
  // HTML is searched in its normalised form only, and IGNORED (MP3, Ogg, SQLite, ...) not at all.
  findings.scan_as_data = engine_type == "CL_TYPE_IGNORED";
  findings.raw_pass = findings.scan_as_data || engine_type == "CL_TYPE_HTML";
  if (auto locked = about_locked_content(layer)) findings.problems.push_back(*std::move(locked));
  if (auto unopened = about_content(engine_type, layer)) {
    findings.problems.push_back(*std::move(unopened));
  } else if (auto cut = about_missing_end(engine_type, layer)) {
    findings.problems.push_back(*std::move(cut));
  }
  if (engine_type == "CL_TYPE_MSOLE2") findings.office = office_lock(layer);
  inspect_containers(engine_type, layer, layer_bytes_max, findings);
  inspect_arj(layer, findings);
  inspect_payload(layer, findings);
  return findings;
}

}  // namespace cordon
