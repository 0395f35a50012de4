#pragma once

#include <clamav.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "clamav/archive_members.h"
#include "clamav/content_ledger.h"
#include "clamav/judge.h"
#include "clamav/layer_inspector.h"

namespace cordon {

/// One object on its way through the engine: gathers the evidence. Private to ClamavScanner.
///
/// The engine shows each layer to a callback before it parses it. There a second reader lists what
/// the layer contains, and each content is awaited; the layers that the engine then shows are
/// struck off by their bytes. What is still missing when the engine is done is scanned as an object
/// of its own, in a nested call of the engine, and so is everything that only the second reader
/// opens.
class ScanRun {
 public:
  /// Told of each layer before it is looked at; `outermost`: the object itself.
  using LayerWatch =
      std::function<void(const char* type, std::span<const std::byte> layer, bool outermost)>;

  struct Settings {
    cl_engine* engine;
    std::filesystem::path temp_directory;
    std::uint64_t object_bytes_max;
    ScanPolicy policy;
    const Clock& clock;
    Deadline deadline;
    std::stop_token stop;
    LayerWatch watch = nullptr;
  };

  explicit ScanRun(Settings settings) : settings_(std::move(settings)) {}

  /// Once. `object` has more than 5 bytes and at most object_bytes_max.
  ScanEvidence gather(std::span<const std::byte> object);

  /// Once, instead: searches the bytes of `part` and does nothing else.
  ScanEvidence gather_raw(std::span<const std::byte> part);

  /// Connects the engine's callbacks. Once per engine, before scans.
  static void connect(cl_engine* engine);

 private:
  using Bytes = std::span<const std::byte>;

  /// One call of the engine; the context of its callbacks.
  struct Call {
    enum class Purpose : std::uint8_t {
      scan,
      raw,    ///< Search the bytes, and nothing else.
      fetch,  ///< Once more, for contents that the engine did not show: take them as they pass by.
    };

    ScanRun& run;
    Purpose purpose;
    bool root;            ///< The object itself, not something unpacked from it.
    std::uint64_t bytes;  ///< Of what it was called with.
    bool opened = false;  ///< The engine showed us that layer in its full length.
    bool ended = false;   ///< We made it stop, for there was nothing left to fetch.
    ContentLedger ledger = {};
    std::uint64_t layers = 0;                ///< Shown so far; each has the number of its turn.
    std::vector<std::uint64_t> path = {};    ///< Numbers of the last layer of each depth.
    std::vector<Container> containers = {};  ///< Of the outermost layer.
  };

  static cl_error_t on_layer(int fd, const char* type, const char** ancestors,
                             std::size_t parent_bytes, const char* name, std::size_t bytes,
                             const char* buffer, std::uint32_t depth, std::uint32_t attributes,
                             void* context) noexcept;
  static void on_found(int fd, const char* name, void* context) noexcept;

  /// Returns the engine's counter in bytes.
  std::uint64_t call_engine(Call& call, Bytes bytes);
  cl_error_t inspect(Call& call, const char* type, Bytes layer, std::uint32_t depth);
  /// Strikes it off and counts it; returns its number.
  std::uint64_t see(Call& call, Bytes layer, std::uint32_t depth);
  /// The engine over `piece`, and over what it did not show of it. Returns the engine's counter.
  std::uint64_t scan_whole(Call& call, Bytes piece);
  /// A nested call: `piece` is content of its own, whatever it is a piece of.
  void scan_apart(Bytes piece);
  /// The same for what was unpacked: it counts among the bytes that were scanned.
  void scan_unpacked(Bytes content);
  bool scan_once(Bytes piece, const ContentId& id);
  void count(const ContentId& content);
  void scan_raw(Bytes layer, bool outermost);
  std::size_t open(Call& call, const Container& container, Bytes layer);
  Unpacking await_or_unpack(Call& call, ContainerKind kind, Bytes content);
  Unpacking unpack(ContainerKind kind, Bytes content);
  void open_office(OfficeLock lock, Bytes document);
  void scan_missing(Call& call, Bytes piece);
  void fetch(Call& call, const Container& container, Bytes layer);
  /// How much may be unpacked from this object.
  std::uint64_t bytes_max() const;
  UnpackLimits unpack_limits() const;
  void note_answer(cl_error_t answer);
  void note_problem(LayerProblem problem);
  bool has_detection() const;
  bool should_stop() const;
  bool is_over() const { return has_detection() || should_stop(); }

  Settings settings_;
  ScanEvidence evidence_;
  int nesting_ = 0;
  bool all_opened_ = true;
  std::set<ContentId> apart_ = {};    ///< What was scanned apart: once is enough.
  std::set<ContentId> counted_ = {};  ///< Among the bytes scanned, beside the object.
  std::uint64_t unpacked_bytes_ = 0;  ///< By second readers.
  std::uint64_t engine_bytes_ = 0;    ///< Given to the engine in nested calls.
};

}  // namespace cordon
