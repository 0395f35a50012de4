#include "clamav/scan_run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "clamav/archive_members.h"
#include "clamav/noise.h"
#include "clamav/office_package.h"
#include "clamav/office_workbook.h"
#include "clamav/second_reader.h"

namespace cordon {
namespace {

/// Archives in archives that libarchive unpacked for us; the engine counts its own depth.
constexpr int kNestingMax = 16;
constexpr std::size_t kNamesMax = 64;
/// What a small object may unpack to, and how much more for each of its bytes: a few hundred bytes
/// must not keep a worker busy for minutes.
constexpr std::uint64_t kUnpackedBytesMin = 2ULL << 30;
constexpr std::uint64_t kUnpackedBytesPerByte = 2000;

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
  Call call{.run = *this, .purpose = Call::Purpose::scan, .root = true, .bytes = object.size()};
  const std::uint64_t scanned = scan_whole(call, object);
  evidence_.engine_bytes = std::max(evidence_.engine_bytes, scanned);
  if (call.opened) evidence_.bytes_scanned += object.size();
  evidence_.root_layer_seen = call.opened;
  if (lacks_coverage(evidence_) && !is_over()) scan_raw(object, true);
  evidence_.root_layer_seen = evidence_.root_layer_seen && all_opened_;
  return std::move(evidence_);
}

ScanEvidence ScanRun::gather_raw(Bytes part) {
  evidence_.size = part.size();
  evidence_.answer = EngineAnswer::nothing_found;
  Call raw{.run = *this, .purpose = Call::Purpose::raw, .root = true, .bytes = part.size()};
  evidence_.engine_bytes = call_engine(raw, part);
  if (raw.opened) evidence_.bytes_scanned = part.size();
  evidence_.root_layer_seen = raw.opened;
  return std::move(evidence_);
}

void ScanRun::scan_raw(Bytes layer, bool outermost) {
  Call raw{.run = *this, .purpose = Call::Purpose::raw, .root = false, .bytes = layer.size()};
  const std::uint64_t scanned = call_engine(raw, layer);
  if (outermost) evidence_.engine_bytes = std::max(evidence_.engine_bytes, scanned);
}

std::uint64_t ScanRun::scan_whole(Call& call, Bytes piece) {
  const std::uint64_t scanned = call_engine(call, piece);
  if (call.ledger.locked() > 0) note_problem({Reason::encrypted, kLockedZip});
  scan_missing(call, piece);
  return scanned;
}

std::uint64_t ScanRun::call_engine(Call& call, Bytes bytes) {
  cl_fmap_t* map = cl_fmap_open_memory(bytes.data(), bytes.size());
  if (map == nullptr) {
    note_answer(CL_EMEM);
    return 0;
  }
  const bool raw = call.purpose == Call::Purpose::raw;
  cl_scan_options options = raw ? cl_scan_options{} : full_options(settings_.policy);
  if (is_efi_program(bytes)) options.heuristic &= ~static_cast<unsigned>(CL_SCAN_HEURISTIC_BROKEN);
  const char* name = nullptr;
  unsigned long scanned = 0;
  // No file name: the library would look at the path.
  const cl_error_t answer =
      cl_scanmap_callback(map, nullptr, &name, &scanned, settings_.engine, &options, &call);
  cl_fmap_close(map);
  if (!call.ended) {
    if (answer == CL_VIRUS && name != nullptr) on_found(-1, name, &call);
    note_answer(answer);
  }
  if (!call.opened) all_opened_ = false;
  return std::uint64_t{scanned} * CL_COUNT_PRECISION;
}

cl_error_t ScanRun::on_layer(int /*fd*/, const char* type, const char** /*ancestors*/,
                             std::size_t /*parent_bytes*/, const char* /*name*/, std::size_t bytes,
                             const char* buffer, std::uint32_t depth, std::uint32_t /*attributes*/,
                             void* context) noexcept {
  // SAFETY: the context is the Call that call_engine passed to the library.
  Call& call = *static_cast<Call*>(context);
  if (depth == 0 && bytes == call.bytes && buffer != nullptr) call.opened = true;
  if (call.purpose == Call::Purpose::raw) return CL_CLEAN;
  if (call.run.should_stop()) return CL_VIRUS;  // The only answer that ends the scan.
  if (buffer == nullptr) {
    call.run.note_problem({Reason::coverage, "a part of the object could not be read"});
    return CL_CLEAN;
  }
  return call.run.inspect(call, type == nullptr ? "" : type,
                          std::as_bytes(std::span(buffer, bytes)), depth);
}

void ScanRun::on_found(int /*fd*/, const char* name, void* context) noexcept {
  if (context == nullptr) return;
  if (static_cast<Call*>(context)->ended) return;
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
  const std::uint64_t number = see(call, layer, depth);
  const std::uint64_t bytes_max = settings_.object_bytes_max + (outermost ? 1 : 0);
  LayerFindings findings = inspect_layer(type, layer, bytes_max);
  if (call.purpose == Call::Purpose::fetch) {
    for (const Container& container : findings.containers) fetch(call, container, layer);
    call.ended = !is_over() && call.ledger.complete();
    return is_over() || call.ended ? CL_VIRUS : CL_CLEAN;
  }
  if (settings_.policy.opaque_is_unscannable && is_opaque(type, findings, layer)) {
    note_problem({Reason::unsupported, "noise of no known type: it may be encrypted"});
  }
  for (LayerProblem& problem : findings.problems) note_problem(std::move(problem));
  if (findings.raw_pass) scan_raw(layer, outermost);
  if (findings.scan_as_data && layer.size() > 0) scan_apart(layer.subspan(1));
  for (const SizeAndSum& member : findings.engine_only) call.ledger.await(member, number);
  for (const SizeAndSum& member : findings.locked) call.ledger.await_locked(member, number);
  evidence_.zip_locks_opened = evidence_.zip_locks_opened || !findings.locked.empty();
  std::size_t consumed = 0;
  for (const Container& container : findings.containers) {
    // What stands inside of another archive is content of that.
    if (is_over() || (container.embedded && container.offset < consumed)) continue;
    const std::size_t end = open(call, container, layer);
    if (container.embedded) consumed = std::max(consumed, end);
  }
  if (findings.office != OfficeLock::none) open_office(findings.office, layer);
  for (const Extent& piece : findings.apart) {
    scan_apart(layer.subspan(static_cast<std::size_t>(piece.offset),
                             static_cast<std::size_t>(piece.bytes)));
  }
  if (depth == 0) call.containers = std::move(findings.containers);
  return is_over() ? CL_VIRUS : CL_CLEAN;
}

/// The engine walks into a layer before it goes on to the next one of the same depth: what it shows
/// comes out of the last one that it showed one above.
std::uint64_t ScanRun::see(Call& call, Bytes layer, std::uint32_t depth) {
  const std::uint64_t number = ++call.layers;
  const bool known = depth > 0 && depth <= call.path.size();
  const std::uint64_t container = known ? call.path[depth - 1] : 0;
  call.path.resize(depth + std::size_t{1});
  call.path[depth] = number;
  if (depth > 0) count(call.ledger.see(layer, container));
  return number;
}

void ScanRun::count(const ContentId& content) {
  if (counted_.insert(content).second) evidence_.bytes_scanned += content.bytes;
}

void ScanRun::scan_apart(Bytes piece) {
  if (piece.size() > kTinyBytes && !is_over()) scan_once(piece, id_of(piece));
}

void ScanRun::scan_unpacked(Bytes content) {
  if (content.size() <= kTinyBytes || is_over()) return;
  const ContentId id = id_of(content);
  if (scan_once(content, id)) count(id);
}

/// False when it was not scanned now.
bool ScanRun::scan_once(Bytes piece, const ContentId& id) {
  if (nesting_ >= kNestingMax) {
    note_problem({Reason::limit, "content in content is nested too deeply"});
    return false;
  }
  if (!apart_.insert(id).second) return false;  // By another way to the same bytes.
  engine_bytes_ += piece.size();
  if (engine_bytes_ > bytes_max()) {
    note_problem({Reason::limit, "there is more in it than the limit"});
    return false;
  }
  ++nesting_;
  Call call{.run = *this, .purpose = Call::Purpose::scan, .root = false, .bytes = piece.size()};
  scan_whole(call, piece);
  --nesting_;
  return true;
}

std::uint64_t ScanRun::bytes_max() const {
  return kUnpackedBytesMin + kUnpackedBytesPerByte * evidence_.size;
}

void ScanRun::open_office(OfficeLock lock, Bytes document) {
  std::optional<std::vector<std::byte>> opened;
  if (lock == OfficeLock::package) opened = open_office_package(document);
  if (lock == OfficeLock::workbook) opened = open_office_workbook(document);
  if (opened) return scan_unpacked(*opened);
  note_problem({Reason::encrypted, "password-protected Office document"});
}

UnpackLimits ScanRun::unpack_limits() const {
  UnpackLimits limits;
  limits.member_bytes_max = settings_.object_bytes_max - 1;
  limits.bytes_max = bytes_max() - std::min(bytes_max(), unpacked_bytes_);
  limits.should_stop = [this] { return is_over(); };
  return limits;
}

/// Lists what must be seen, or unpacks it where the engine does not. Returns where it ends in the
/// layer, with others of its kind that follow at once.
std::size_t ScanRun::open(Call& call, const Container& container, Bytes layer) {
  std::size_t at = container.offset;
  for (bool first = true; !is_over(); first = false) {
    const Bytes content = layer.subspan(at, container.offset + container.bytes - at);
    Unpacking unpacking =
        first ? await_or_unpack(call, container.kind, content) : unpack(container.kind, content);
    unpacked_bytes_ += unpacking.bytes;
    if (unpacking.problem) note_problem(*std::move(unpacking.problem));
    if (!unpacking.end || *unpacking.end == 0) return at;
    at += static_cast<std::size_t>(*unpacking.end);
    // Archives are read from their front and end before the file does: what follows the padding is
    // content too.
    const std::size_t behind_end = container.offset + container.behind_bytes;
    while (at < behind_end && layer[at] == std::byte{0}) ++at;
    if (at >= behind_end) return at;
    const Bytes behind = layer.subspan(at, behind_end - at);
    if (container_at_front(behind) == container.kind) continue;
    scan_apart(behind);
    return at;
  }
  return at;
}

Unpacking ScanRun::await_or_unpack(Call& call, ContainerKind kind, Bytes content) {
  if (!engine_opens(kind)) return unpack(kind, content);
  if (is_archive(kind)) {  // What the engine opens as well need not be kept.
    return for_each_content(kind, content, unpack_limits(),
                            [&](const ContentId& id) { call.ledger.await(id); });
  }
  return read_container(kind, content, settings_.temp_directory, unpack_limits(),
                        [&](Bytes member) {
                          if (kind == ContainerKind::mail) {
                            call.ledger.await_part(member);
                          } else {
                            call.ledger.await(id_of(member));
                          }
                          return !is_over();
                        });
}

Unpacking ScanRun::unpack(ContainerKind kind, Bytes content) {
  return read_container(kind, content, settings_.temp_directory, unpack_limits(),
                        [&](Bytes member) {
                          scan_unpacked(member);
                          return !is_over();
                        });
}

/// What the second readers list and the engine did not show. It stands in the outermost layer,
/// whose bytes are still here, or in one that only the engine opens, which is then asked once more.
void ScanRun::scan_missing(Call& call, Bytes piece) {
  if (call.ledger.complete() || is_over()) return;
  for (const Container& container : call.containers) fetch(call, container, piece);
  if (call.ledger.complete() || is_over()) return;
  Call again{.run = *this, .purpose = Call::Purpose::fetch, .root = false, .bytes = piece.size()};
  std::swap(again.ledger, call.ledger);
  call_engine(again, piece);
  if (again.ledger.complete() || is_over()) return;
  note_problem({Reason::coverage, std::to_string(again.ledger.awaited()) +
                                      " contents of the object could not be shown to the engine"});
}

void ScanRun::fetch(Call& call, const Container& container, Bytes layer) {
  if (call.ledger.complete() || is_over() || !engine_opens(container.kind)) return;
  const auto scan_if_missing = [&](Bytes member) {
    if (call.ledger.take(member)) scan_unpacked(member);
    return !is_over() && !call.ledger.complete();
  };
  const Unpacking unpacking =
      read_container(container.kind, layer.subspan(container.offset, container.bytes),
                     settings_.temp_directory, unpack_limits(), scan_if_missing);
  unpacked_bytes_ += unpacking.bytes;
  // Damage was noted when the members were listed; that there is no space is new.
  if (unpacking.problem && unpacking.problem->reason != Reason::unsupported) {
    note_problem(*unpacking.problem);
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
  // The first of each reason is enough for the verdict, and their number has a bound. One that the
  // settings may allow does not stand for one that they may not.
  const bool known = std::ranges::any_of(evidence_.problems, [&](const LayerProblem& one) {
    return one.reason == problem.reason && one.unopened == problem.unopened;
  });
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
