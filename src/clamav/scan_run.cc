#include "clamav/scan_run.h"

#include <algorithm>
#include <utility>

#include "clamav/archive_members.h"
#include "clamav/noise.h"
#include "clamav/office_package.h"

namespace cordon {
namespace {

/// Archives in archives that libarchive unpacked for us; the engine counts its own depth.
constexpr int kNestingMax = 8;
constexpr std::size_t kNamesMax = 64;
/// The engine returns these without scanning; nothing can match so few bytes.
constexpr std::size_t kTinyBytes = 5;

cl_scan_options full_options(const ScanPolicy& policy) {
  cl_scan_options options{};
  options.general = CL_SCAN_GENERAL_HEURISTICS;
  options.parse = ~0U;
  options.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
                      CL_SCAN_HEURISTIC_ENCRYPTED_DOC;
  if (policy.detect_broken) options.heuristic |= CL_SCAN_HEURISTIC_BROKEN;
  if (policy.detect_macros) options.heuristic |= CL_SCAN_HEURISTIC_MACROS;
  return options;
}

/// Neither the engine nor anybody here knows what it is. Some noise is text of UTF-16 to the
/// engine.
bool is_opaque(std::string_view type, const LayerFindings& findings,
               std::span<const std::byte> layer) {
  const bool unknown = type == "CL_TYPE_BINARY_DATA" || type.starts_with("CL_TYPE_TEXT_");
  return unknown && findings == LayerFindings{} && is_noise(layer);
}

}  // namespace

void ScanRun::connect(cl_engine* engine) {
  cl_engine_set_clcb_file_inspection(engine, &ScanRun::on_layer);
  // Without it, an object above the limit is "found" with a null name.
  cl_engine_set_clcb_virus_found(engine, &ScanRun::on_found);
}

ScanEvidence ScanRun::gather(Bytes object) {
  evidence_.size = object.size();
  evidence_.answer = EngineAnswer::nothing_found;
  Call call{.run = *this, .raw = false, .root = true, .bytes = object.size()};
  const std::uint64_t scanned = call_engine(call, object);
  evidence_.bytes_scanned = std::max(evidence_.bytes_scanned, scanned);
  evidence_.root_layer_seen = call.opened;
  if (call.incomplete && !has_detection() && !should_stop()) {
    unpack(ArchiveKind::members, object);
  }
  if (lacks_coverage(evidence_) && !has_detection() && !should_stop()) {
    Call raw{.run = *this, .raw = true, .root = true, .bytes = object.size()};
    evidence_.bytes_scanned = std::max(evidence_.bytes_scanned, call_engine(raw, object));
  }
  evidence_.root_layer_seen = evidence_.root_layer_seen && all_opened_;
  return std::move(evidence_);
}

ScanEvidence ScanRun::gather_raw(Bytes part) {
  evidence_.size = part.size();
  evidence_.answer = EngineAnswer::nothing_found;
  Call raw{.run = *this, .raw = true, .root = true, .bytes = part.size()};
  evidence_.bytes_scanned = call_engine(raw, part);
  evidence_.root_layer_seen = raw.opened;
  return std::move(evidence_);
}

std::uint64_t ScanRun::call_engine(Call& call, Bytes bytes) {
  cl_fmap_t* map = cl_fmap_open_memory(bytes.data(), bytes.size());
  if (map == nullptr) {
    note_answer(CL_EMEM);
    return 0;
  }
  cl_scan_options options = call.raw ? cl_scan_options{} : full_options(settings_.policy);
  const char* name = nullptr;
  unsigned long scanned = 0;
  // No file name: the library would look at the path.
  const cl_error_t answer =
      cl_scanmap_callback(map, nullptr, &name, &scanned, settings_.engine, &options, &call);
  cl_fmap_close(map);
  close_layers(call, 0);
  if (answer == CL_VIRUS && name != nullptr) on_found(-1, name, &call);
  note_answer(answer);
  if (!call.opened) all_opened_ = false;
  return std::uint64_t{scanned} * CL_COUNT_PRECISION;
}

cl_error_t ScanRun::on_layer(int /*fd*/, const char* type, const char** /*ancestors*/,
                             std::size_t /*parent_bytes*/, const char* /*name*/, std::size_t bytes,
                             const char* buffer, std::uint32_t depth, std::uint32_t /*attributes*/,
                             void* context) {
  // SAFETY: the context is the Call that call_engine passed to the library.
  Call& call = *static_cast<Call*>(context);
  if (depth == 0 && bytes == call.bytes && buffer != nullptr) call.opened = true;
  if (call.raw) return CL_CLEAN;
  if (call.run.should_stop()) return CL_VIRUS;  // The only answer that ends the scan.
  if (buffer == nullptr) {
    call.run.note_problem({Reason::coverage, "a part of the object could not be read"});
    return CL_CLEAN;
  }
  return call.run.inspect(call, type == nullptr ? "" : type,
                          std::as_bytes(std::span(buffer, bytes)), depth);
}

void ScanRun::on_found(int /*fd*/, const char* name, void* context) {
  if (context == nullptr) return;
  ScanRun& run = static_cast<Call*>(context)->run;
  if (name == nullptr) {
    run.evidence_.nameless_detection = true;
    return;
  }
  std::vector<std::string>& names = run.evidence_.names;
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  // A flood of soft alerts must not push out the name of malware.
  if (names.size() < kNamesMax || is_detection(name)) names.emplace_back(name);
}

cl_error_t ScanRun::inspect(Call& call, const char* type, Bytes layer, std::uint32_t depth) {
  const bool outermost = call.root && depth == 0;
  if (settings_.watch) settings_.watch(type, layer, outermost);
  const std::uint64_t bytes_max = settings_.object_bytes_max + (outermost ? 1 : 0);
  LayerFindings findings = inspect_layer(type, layer, bytes_max);
  enter_layer(call, depth, findings.children_expected);
  if (settings_.policy.opaque_is_unscannable && is_opaque(type, findings, layer)) {
    note_problem({Reason::unsupported, "noise of no known type: it may be encrypted"});
  }
  for (LayerProblem& problem : findings.problems) note_problem(std::move(problem));
  if (findings.raw_pass) {
    Call raw{.run = *this, .raw = true, .root = false, .bytes = layer.size()};
    const std::uint64_t scanned = call_engine(raw, layer);
    if (outermost) evidence_.bytes_scanned = std::max(evidence_.bytes_scanned, scanned);
  }
  if (findings.scan_as_data && layer.size() > 0) scan_apart(layer.subspan(1));
  if (findings.unpack_at && !has_detection()) {
    unpack(findings.unpack_as, layer.subspan(*findings.unpack_at));
  }
  if (findings.walk_as) walk(*findings.walk_as, layer);
  if (findings.office_package) open_office(layer);
  for (const Extent& piece : findings.apart) {
    scan_apart(layer.subspan(static_cast<std::size_t>(piece.offset),
                             static_cast<std::size_t>(piece.bytes)));
  }
  return has_detection() || should_stop() ? CL_VIRUS : CL_CLEAN;
}

void ScanRun::scan_apart(Bytes piece) {
  if (piece.size() <= kTinyBytes || has_detection() || should_stop()) return;
  if (nesting_ >= kNestingMax) {
    note_problem({Reason::limit, "content in content is nested too deeply"});
    return;
  }
  ++nesting_;
  Call call{.run = *this, .raw = false, .root = false, .bytes = piece.size()};
  call_engine(call, piece);
  --nesting_;
}

void ScanRun::open_office(Bytes document) {
  const auto package = open_office_package(document);
  if (package) return scan_apart(*package);
  note_problem({Reason::encrypted, "password-protected Office document"});
}

UnpackLimits ScanRun::unpack_limits() const {
  UnpackLimits limits;
  limits.member_bytes_max = settings_.object_bytes_max - 1;
  limits.should_stop = [this] { return should_stop(); };
  return limits;
}

void ScanRun::unpack(ArchiveKind kind, Bytes archive) {
  const auto scan_member = [&](Bytes member) {
    scan_apart(member);
    return !has_detection() && !should_stop();
  };
  finish(for_each_member(kind, archive, settings_.temp_directory, unpack_limits(), scan_member),
         archive);
}

void ScanRun::walk(ArchiveKind kind, Bytes archive) {
  finish(walk_archive(kind, archive, unpack_limits()), archive);
}

/// Archives are read from their front and end before the file does: what follows the padding is
/// content too.
void ScanRun::finish(Unpacking unpacking, Bytes archive) {
  if (unpacking.problem) note_problem(*std::move(unpacking.problem));
  if (!unpacking.end) return;
  const Bytes behind = archive.subspan(static_cast<std::size_t>(*unpacking.end));
  const auto content = std::ranges::find_if(behind, [](std::byte b) { return b != std::byte{0}; });
  scan_apart(behind.subspan(static_cast<std::size_t>(content - behind.begin())));
}

void ScanRun::enter_layer(Call& call, std::uint32_t depth, std::uint64_t expected) {
  close_layers(call, depth);
  call.layers.resize(depth);
  if (depth > 0) ++call.layers[depth - 1].shown;
  call.layers.push_back({.expected = expected});
}

/// The engine is done with every layer from `depth` on.
void ScanRun::close_layers(Call& call, std::size_t depth) {
  while (call.layers.size() > depth) {
    const OpenLayer layer = call.layers.back();
    call.layers.pop_back();
    if (layer.shown >= layer.expected || call.raw) continue;
    if (call.root && call.layers.empty()) {
      call.incomplete = true;  // The bytes are still at hand: libarchive tries.
      continue;
    }
    note_problem({Reason::coverage, "the engine opened " + std::to_string(layer.shown) + " of " +
                                        std::to_string(layer.expected) + " archive members"});
  }
}

void ScanRun::note_answer(cl_error_t answer) {
  // The list of codes is open (the library adds some with each release): two are good, one is
  // known, the rest is a failure.
  if (answer == CL_CLEAN) return;
  if (answer == CL_VIRUS) {
    if (evidence_.answer == EngineAnswer::nothing_found) evidence_.answer = EngineAnswer::found;
    return;
  }
  evidence_.answer = answer == CL_EMEM ? EngineAnswer::out_of_memory : EngineAnswer::failed;
  evidence_.answer_text = cl_strerror(answer);
}

void ScanRun::note_problem(LayerProblem problem) {
  // The first of each reason is enough for the verdict, and their number has a bound.
  const bool known = std::ranges::any_of(
      evidence_.problems, [&](const LayerProblem& one) { return one.reason == problem.reason; });
  if (!known) evidence_.problems.push_back(std::move(problem));
}

bool ScanRun::has_detection() const {
  return std::any_of(evidence_.names.begin(), evidence_.names.end(),
                     [](const std::string& name) { return is_detection(name); });
}

bool ScanRun::should_stop() const {
  return settings_.stop.stop_requested() || settings_.deadline.passed(settings_.clock);
}

}  // namespace cordon
