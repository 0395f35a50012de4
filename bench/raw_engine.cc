#include "raw_engine.h"

#include <clamav.h>

#include <string>
#include <utility>

#include "clamav/clamav_engine.h"

namespace cordon {

struct RawEngine::State {
  cl_engine* engine = nullptr;
  ~State() { cl_engine_free(engine); }
};

RawEngine::RawEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
RawEngine::RawEngine(RawEngine&&) noexcept = default;
RawEngine::~RawEngine() = default;

Result<RawEngine> RawEngine::load(const std::filesystem::path& signatures,
                                  const std::filesystem::path& temp_directory) {
  cl_init(CL_INIT_DEFAULT);
  auto state = std::make_unique<State>();
  state->engine = cl_engine_new();
  if (state->engine == nullptr) return Error{Errc::unavailable, "no memory for an engine"};
  const auto ceiling = static_cast<long long>(kObjectBytesMax);
  for (const cl_engine_field field :
       {CL_ENGINE_MAX_FILESIZE, CL_ENGINE_MAX_EMBEDDEDPE, CL_ENGINE_MAX_HTMLNORMALIZE,
        CL_ENGINE_MAX_HTMLNOTAGS, CL_ENGINE_MAX_SCRIPTNORMALIZE, CL_ENGINE_MAX_ZIPTYPERCG,
        CL_ENGINE_PCRE_MAX_FILESIZE}) {
    cl_engine_set_num(state->engine, field, ceiling);
  }
  cl_engine_set_num(state->engine, CL_ENGINE_MAX_SCANSIZE, 1LL << 40);
  cl_engine_set_num(state->engine, CL_ENGINE_MAX_SCANTIME, 0);
  cl_engine_set_num(state->engine, CL_ENGINE_DISABLE_CACHE, 1);
  cl_engine_set_str(state->engine, CL_ENGINE_TMPDIR, temp_directory.c_str());
  unsigned int count = 0;
  cl_error_t answer = cl_load(signatures.c_str(), state->engine, &count, CL_DB_STDOPT);
  if (answer == CL_SUCCESS) answer = cl_engine_compile(state->engine);
  if (answer != CL_SUCCESS) return Error{Errc::invalid, cl_strerror(answer)};
  return RawEngine(std::move(state));
}

bool RawEngine::scan(std::string_view bytes) {
  cl_scan_options options{};
  options.general = CL_SCAN_GENERAL_HEURISTICS;
  options.parse = ~0U;
  options.heuristic = CL_SCAN_HEURISTIC_EXCEEDS_MAX | CL_SCAN_HEURISTIC_ENCRYPTED_ARCHIVE |
                      CL_SCAN_HEURISTIC_ENCRYPTED_DOC | CL_SCAN_HEURISTIC_BROKEN;
  const char* name = nullptr;
  unsigned long scanned = 0;
  cl_fmap_t* map = cl_fmap_open_memory(bytes.data(), bytes.size());
  const cl_error_t answer =
      cl_scanmap_callback(map, nullptr, &name, &scanned, state_->engine, &options, nullptr);
  cl_fmap_close(map);
  return answer == CL_CLEAN;
}

}  // namespace cordon
