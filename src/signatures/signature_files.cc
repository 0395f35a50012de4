#include "signatures/signature_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "signatures/signature_set.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesMax = 10'000;
constexpr std::size_t kHeaderBytes = 512;
constexpr const char* kLiveLink = "current";

Error advice(Errc code, const fs::path& directory, std::string_view what) {
  return Error{code, "signature directory " + directory.string() + " " + std::string(what) +
                         ": point --signatures at a directory with ClamAV databases (freshclam "
                         "fills one), or at the test set that comes with Cordon"};
}

SystemTime time_of(const timespec& time) {
  return SystemTime(std::chrono::duration_cast<SystemTime::duration>(
      std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

std::string header_of(const fs::path& file) {
  std::string header(kHeaderBytes, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(header.data(), static_cast<std::streamsize>(header.size()));
  header.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  return header;
}

/// Its name and everything that the file system says about it, as text.
Result<std::string> traits_of(const fs::path& file) {
  struct stat is {};
  if (::stat(file.c_str(), &is) != 0) return errno_error("cannot look at " + file.string(), errno);
  std::string text = file.filename().string();
  for (const auto number :
       {std::uint64_t{is.st_dev}, std::uint64_t{is.st_ino}, static_cast<std::uint64_t>(is.st_size),
        static_cast<std::uint64_t>(is.st_mtim.tv_sec),
        static_cast<std::uint64_t>(is.st_mtim.tv_nsec)}) {
    text += '\0' + std::to_string(number);
  }
  return text + '\n';
}

}  // namespace

bool is_signature_file(const fs::path& file) {
  constexpr std::array<std::string_view, 37> kExtensions = {
      ".db",  ".hdb", ".hdu", ".fp",   ".mdb",  ".mdu", ".hsb", ".hsu", ".sfp", ".msb",
      ".msu", ".ndb", ".ndu", ".ldb",  ".ldu",  ".sdb", ".zmd", ".rmd", ".pdb", ".gdb",
      ".wdb", ".cbc", ".ftm", ".cfg",  ".cvd",  ".cld", ".cud", ".cdb", ".cat", ".crb",
      ".idb", ".ioc", ".yar", ".yara", ".pwdb", ".ign", ".ign2"};
  return std::find(kExtensions.begin(), kExtensions.end(), file.extension().string()) !=
         kExtensions.end();
}

bool is_sign_file(const fs::path& file) {
  constexpr std::string_view kEnd = ".cvd.sign";
  const std::string name = file.filename().string();
  if (!name.ends_with(kEnd)) return false;
  const std::string_view stem = std::string_view(name).substr(0, name.size() - kEnd.size());
  const std::size_t dash = stem.rfind('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view version = stem.substr(dash + 1);
  return is_official_file(std::string(stem.substr(0, dash)) + ".cvd") && !version.empty() &&
         version.size() <= 10 &&
         std::all_of(version.begin(), version.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::string> sign_file_of(const fs::path& cvd) {
  if (!is_official_file(cvd) || cvd.extension() != ".cvd") {
    return Error{Errc::not_found, cvd.string() + " is no official database"};
  }
  CORDON_TRY(const std::uint32_t version, cvd_version(header_of(cvd)));
  return cvd.stem().string() + "-" + std::to_string(version) + ".cvd.sign";
}

SignFiles sign_files(const fs::path& directory) {
  std::set<std::string> wanted;
  std::vector<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed)) {
    if (is_sign_file(at->path())) found.push_back(at->path());
    const Result<std::string> name = sign_file_of(at->path());
    if (name) wanted.insert(*name);
  }
  SignFiles files;
  for (fs::path& path : found) {
    (wanted.contains(path.filename().string()) ? files.used : files.stale).push_back(path);
  }
  return files;
}

bool is_official_file(const fs::path& file) {
  const std::string extension = file.extension().string();
  const std::string stem = file.stem().string();
  return (extension == ".cvd" || extension == ".cld") &&
         (stem == "main" || stem == "daily" || stem == "bytecode");
}

Result<std::vector<SignatureFile>> signature_files(const fs::path& directory) {
  std::error_code failed;
  fs::directory_iterator at(directory, failed);
  if (failed == std::errc::permission_denied) {
    return advice(Errc::denied, directory, "may not be read by this user");
  }
  if (failed == std::errc::not_a_directory) {
    return advice(Errc::invalid, directory, "is not a directory");
  }
  if (failed) {
    return advice(Errc::not_found, directory, "cannot be opened (" + failed.message() + ")");
  }
  std::vector<SignatureFile> files;
  for (; at != fs::directory_iterator(); at.increment(failed)) {
    if (failed) return advice(Errc::invalid, directory, "cannot be listed");
    if (!is_signature_file(at->path())) continue;
    struct stat is {};
    if (::stat(at->path().c_str(), &is) != 0) {
      return errno_error("cannot look at " + at->path().string(), errno);
    }
    files.push_back({.path = at->path(),
                     .bytes = static_cast<std::uint64_t>(is.st_size),
                     .modified = time_of(is.st_mtim)});
    if (files.size() > kFilesMax) return advice(Errc::invalid, directory, "has too many files");
  }
  if (files.empty()) return advice(Errc::invalid, directory, "holds no signatures");
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

fs::path live_directory(const fs::path& root) {
  std::error_code failed;
  if (!fs::is_symlink(root / kLiveLink, failed)) return root;
  fs::path live = fs::canonical(root / kLiveLink, failed);
  // A link that leads nowhere is a broken set, not a reason to load what lies beside it.
  return failed ? root / kLiveLink : live;
}

Error told_of_original(Error error, const fs::path& copy, const fs::path& original) {
  const std::string& from = copy.native();
  if (from.empty()) return error;
  for (std::size_t at = error.what.find(from); at != std::string::npos;
       at = error.what.find(from, at + original.native().size())) {
    error.what.replace(at, from.size(), original.native());
  }
  return error;
}

Result<std::string> fingerprint_of(const fs::path& directory) {
  CORDON_TRY(const std::vector<SignatureFile> files, signature_files(directory));
  Hasher hasher(Hasher::Kind::sha256);
  for (const SignatureFile& file : files) {
    CORDON_TRY(const std::string traits, traits_of(file.path));
    hasher.update(as_bytes_of(traits));
  }
  return hex(as_bytes_of(hasher.finish())).substr(0, 16);
}

Result<SystemTime> set_time(const fs::path& directory) {
  CORDON_TRY(const std::vector<SignatureFile> files, signature_files(directory));
  std::optional<SystemTime> newest;
  for (const SignatureFile& file : files) {
    if (file.path.filename() == kIgnoredFile) continue;
    const std::optional<SystemTime> built =
        is_official_file(file.path) ? cvd_time(header_of(file.path)) : std::nullopt;
    newest = std::max(newest.value_or(SystemTime::min()), built.value_or(file.modified));
  }
  if (!newest) return advice(Errc::invalid, directory, "holds no signatures");
  return *newest;
}

}  // namespace cordon
