#pragma once

#include <clamav.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/deadline.h"
#include "clamav/judge.h"
#include "clamav/layer_inspector.h"

namespace cordon {

/// One object on its way through the engine: gathers the evidence. Private to ClamavScanner.
///
/// The engine shows each layer to a callback before it parses it. There the layers that it would
/// step over are searched (raw pass) or unpacked (libarchive) in a nested call of the engine.
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

  /// A layer that the engine is working on, and how many parts of it were shown to us.
  struct OpenLayer {
    std::uint64_t expected = 0;
    std::uint64_t shown = 0;
  };

  /// One call of the engine; the context of its callbacks.
  struct Call {
    ScanRun& run;
    bool raw;
    bool root;                ///< The object itself, not something unpacked from it.
    std::uint64_t bytes;      ///< Of what it was called with.
    bool opened = false;      ///< The engine showed us that layer in its full length.
    bool incomplete = false;  ///< Of the outermost layer, parts were skipped.
    std::vector<OpenLayer> layers = {};
  };

  static cl_error_t on_layer(int fd, const char* type, const char** ancestors,
                             std::size_t parent_bytes, const char* name, std::size_t bytes,
                             const char* buffer, std::uint32_t depth, std::uint32_t attributes,
                             void* context);
  static void on_found(int fd, const char* name, void* context);

  /// Returns the engine's counter in bytes.
  std::uint64_t call_engine(Call& call, Bytes bytes);
  cl_error_t inspect(Call& call, const char* type, Bytes layer, std::uint32_t depth);
  /// A nested call: `piece` is content of its own, whatever it is a piece of.
  void scan_apart(Bytes piece);
  void open_office(Bytes document);
  void unpack(ArchiveKind kind, Bytes archive);
  void walk(ArchiveKind kind, Bytes archive);
  void finish(Unpacking unpacking, Bytes archive);
  UnpackLimits unpack_limits() const;
  void enter_layer(Call& call, std::uint32_t depth, std::uint64_t expected);
  void close_layers(Call& call, std::size_t depth);
  void note_answer(cl_error_t answer);
  void note_problem(LayerProblem problem);
  bool has_detection() const;
  bool should_stop() const;

  Settings settings_;
  ScanEvidence evidence_;
  int nesting_ = 0;
  bool all_opened_ = true;
};

}  // namespace cordon
