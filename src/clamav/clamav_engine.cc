#include "clamav/clamav_engine.h"

#include <clamav.h>
#include <iconv.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/text.h"
#include "clamav/archive_members.h"
#include "clamav/library_messages.h"
#include "clamav/load_listener.h"
#include "signatures/rule_notes.h"
#include "signatures/signature_files.h"
#include "signatures/signature_set.h"

namespace cordon {
namespace {

/// Larger files of one's own are not looked through for rules that are not in force.
constexpr std::size_t kRuleFileBytesMax = 256U << 20U;

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

using EnginePtr = std::unique_ptr<cl_engine, decltype(&cl_engine_free)>;

/// Why this file cannot be loaded by itself; nothing when it can.
std::optional<std::string> fault_of(const std::filesystem::path& file,
                                    const EngineOptions& options) {
  const EnginePtr engine(cl_engine_new(), cl_engine_free);
  if (!engine || !set_limits(engine.get(), options)) return std::nullopt;
  const LoadListener listener(engine.get());
  unsigned int count = 0;
  cl_error_t answer = cl_load(file.c_str(), engine.get(), &count, CL_DB_STDOPT);
  if (answer == CL_SUCCESS) answer = cl_engine_compile(engine.get());
  if (answer == CL_SUCCESS || answer == CL_EMEM) return std::nullopt;
  std::string why = cl_strerror(answer);
  for (const std::string& error : listener.errors()) why += "; " + error;
  return why;
}

/// The file because of which a set cannot be loaded. The library says so much about files that it
/// loads all the same that its words lead to the wrong one, so each is loaded by itself, the large
/// official ones last.
std::optional<std::string> faulty_file(const EngineOptions& options) {
  Result<std::vector<SignatureFile>> files = signature_files(options.signatures);
  if (!files) return std::nullopt;
  std::stable_partition(files->begin(), files->end(),
                        [](const SignatureFile& file) { return !is_official_file(file.path); });
  for (const SignatureFile& file : *files) {
    if (const auto why = fault_of(file.path, options)) return file.path.string() + ": " + *why;
  }
  return std::nullopt;
}

Error load_error(const EngineOptions& options, cl_error_t answer,
                 const std::vector<std::string>& complaints) {
  std::string what = "the signatures in " + options.signatures.string() + " cannot be loaded: ";
  if (answer == CL_EMEM) {
    what += std::string(cl_strerror(answer)) +
            ". Give the engine more memory (the official set needs 1.4 GiB)";
    return Error{Errc::unavailable, std::move(what)};
  }
  if (const std::optional<std::string> fault = faulty_file(options)) {
    return Error{Errc::invalid, what + *fault + ". Remove or replace this file"};
  }
  what += cl_strerror(answer);
  for (const std::string& complaint : complaints) what += "; " + complaint;
  return Error{Errc::invalid, what + ". Each file can be loaded by itself: not all together can"};
}

/// What the engine made of one's own files.
std::vector<std::string> notes_about(const std::filesystem::path& directory,
                                     const LoadWords& words) {
  const Result<std::vector<SignatureFile>> files = signature_files(directory);
  if (!files) return {};
  std::vector<RuleFile> own;
  for (const SignatureFile& file : *files) {
    const std::string extension = file.path.extension().string();
    if (extension == ".cvd" || extension == ".cld") continue;
    const std::string name = file.path.filename().string();
    Result<std::string> text = read_small_file(file.path, kRuleFileBytesMax);
    own.push_back({.name = name, .text = text ? *std::move(text) : std::string()});
  }
  return rule_notes(own, words, cl_retflevel());
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

  const LoadListener listener(loaded.engine_.get());
  unsigned int count = 0;
  cl_error_t answer =
      cl_load(options.signatures.c_str(), loaded.engine_.get(), &count, CL_DB_STDOPT);
  if (answer != CL_SUCCESS) return load_error(options, answer, listener.errors());
  if (count == 0) {
    return Error{Errc::invalid, "the files in " + options.signatures.string() +
                                    " hold no signatures: fill the directory with freshclam or "
                                    "point --signatures elsewhere"};
  }
  answer = cl_engine_compile(loaded.engine_.get());
  if (answer != CL_SUCCESS) return load_error(options, answer, listener.errors());
  loaded.signature_count_ = count;
  loaded.notes_ = notes_about(options.signatures, listener.words());
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
