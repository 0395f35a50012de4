#include "clamav/clamav_engine.h"

#include <clamav.h>
#include <iconv.h>

#include <ctime>
#include <utility>
#include <vector>

#include "base/text.h"
#include "clamav/archive_members.h"
#include "clamav/library_messages.h"
#include "signatures/signature_set.h"

namespace cordon {
namespace {

/// Once per process, before threads.
Result<void> initialise_library() {
  static const cl_error_t answer = [] {
    collect_library_messages();
    return cl_init(CL_INIT_DEFAULT);
  }();
  if (answer == CL_SUCCESS) return {};
  return Error{Errc::unavailable, std::string("libclamav does not start: ") + cl_strerror(answer)};
}

Result<void> set_limits(cl_engine* engine, const EngineOptions& options) {
  const auto bytes = static_cast<long long>(options.object_bytes_max);
  const std::pair<cl_engine_field, long long> settings[] = {
      {CL_ENGINE_MAX_FILESIZE, bytes},
      {CL_ENGINE_MAX_SCANSIZE, static_cast<long long>(options.unpacked_bytes_max)},
      {CL_ENGINE_MAX_FILES, options.layers_max},
      {CL_ENGINE_MAX_RECURSION, options.depth_max},
      // These are not alerts but silent cuts, so they follow the ceiling.
      {CL_ENGINE_MAX_EMBEDDEDPE, bytes},
      {CL_ENGINE_MAX_HTMLNORMALIZE, bytes},
      {CL_ENGINE_MAX_HTMLNOTAGS, bytes},
      {CL_ENGINE_MAX_SCRIPTNORMALIZE, bytes},
      {CL_ENGINE_MAX_ZIPTYPERCG, bytes},
      {CL_ENGINE_PCRE_MAX_FILESIZE, bytes},
      {CL_ENGINE_MAX_PARTITIONS, 1024},
      // A layer that the cache calls clean is not shown to our per-layer checks.
      {CL_ENGINE_DISABLE_CACHE, 1},
  };
  for (const auto& [field, value] : settings) {
    if (const cl_error_t answer = cl_engine_set_num(engine, field, value); answer != CL_SUCCESS) {
      return Error{Errc::invalid, "the engine refuses a limit (setting " + std::to_string(field) +
                                      "): " + cl_strerror(answer)};
    }
  }
  return {};
}

Error load_error(const std::filesystem::path& directory, cl_error_t answer,
                 const std::vector<std::string>& complaints) {
  const Errc code = answer == CL_EMEM ? Errc::unavailable : Errc::invalid;
  std::string what =
      "the signatures in " + directory.string() + " cannot be loaded: " + cl_strerror(answer);
  // The last complaint names the directory, the first the file and line.
  for (std::size_t i = 0; i < complaints.size() && i < 2; ++i) what += "; " + complaints[i];
  what += answer == CL_EMEM ? ". Give the engine more memory (the official set needs 1.4 GiB)"
                            : ". Remove or replace the file that is named here";
  return Error{code, std::move(what)};
}

/// glibc loads a converter with dlopen at its first use and keeps it while one descriptor is open.
class Converters {
 public:
  Converters() {
    for (const char* from :
         {"UTF-16",       "UTF-16LE",     "UTF-16BE",     "UTF-32",       "UTF-32LE",
          "UTF-32BE",     "UTF-7",        "UCS-2",        "UCS-4",        "ISO-8859-1",
          "ISO-8859-2",   "ISO-8859-5",   "ISO-8859-15",  "WINDOWS-1250", "WINDOWS-1251",
          "WINDOWS-1252", "WINDOWS-1253", "WINDOWS-1254", "WINDOWS-1255", "WINDOWS-1256",
          "WINDOWS-1257", "KOI8-R",       "SHIFT_JIS",    "EUC-JP",       "ISO-2022-JP",
          "CP932",        "GB2312",       "GBK",          "GB18030",      "BIG5",
          "EUC-KR",       "CP949",        "IBM437",       "MACINTOSH"}) {
      open_.push_back(::iconv_open("UTF-8", from));
      open_.push_back(::iconv_open("UTF-16LE", from));
      open_.push_back(::iconv_open("UTF-16BE", from));
    }
  }
  Converters(const Converters&) = delete;
  Converters& operator=(const Converters&) = delete;
  ~Converters() {
    for (iconv_t one : open_) {
      // SAFETY: -1, disguised as a pointer, is "there is no such converter".
      if (one != reinterpret_cast<iconv_t>(-1)) ::iconv_close(one);
    }
  }

 private:
  std::vector<iconv_t> open_;
};

}  // namespace

void ClamavEngine::Free::operator()(cl_engine* engine) const { cl_engine_free(engine); }

Result<ClamavEngine> ClamavEngine::load(const EngineOptions& options) {
  CORDON_TRY(initialise_library());
  CORDON_TRY(const SignatureSet set, describe_signatures(options.signatures));
  ClamavEngine loaded;
  loaded.options_ = options;
  loaded.engine_.reset(cl_engine_new());
  if (!loaded.engine_) return Error{Errc::unavailable, "no memory for an engine"};
  CORDON_TRY(set_limits(loaded.engine_.get(), options));

  LibraryMessages messages;
  unsigned int count = 0;
  cl_error_t answer =
      cl_load(options.signatures.c_str(), loaded.engine_.get(), &count, CL_DB_STDOPT);
  if (answer != CL_SUCCESS) return load_error(options.signatures, answer, messages.complaints());
  if (count == 0) {
    return Error{Errc::invalid, "the files in " + options.signatures.string() +
                                    " hold no signatures: fill the directory with freshclam or "
                                    "point --signatures elsewhere"};
  }
  answer = cl_engine_compile(loaded.engine_.get());
  if (answer != CL_SUCCESS) return load_error(options.signatures, answer, messages.complaints());
  loaded.signature_count_ = count;
  loaded.test_only_ = set.test_only;
  // "1.4.6", but a release candidate or vendor suffix is kept.
  loaded.version_ = {.engine = std::string("ClamAV ") + cl_retver(), .signatures = set.version};
  return loaded;
}

void prepare_for_sandbox() {
  static const Converters kept;  // for the life of the process
  ::tzset();
  const std::time_t now = 0;
  std::tm local{};
  (void)::localtime_r(&now, &local);
  (void)cl_initialize_crypto();
  prepare_archive_reader();
}

}  // namespace cordon
