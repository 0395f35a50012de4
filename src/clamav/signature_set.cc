#include "clamav/signature_set.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 512;
constexpr std::size_t kFilesMax = 10'000;
constexpr std::string_view kTestPrefix = "cordon-test";

/// What libclamav loads from a directory; it steps over everything else.
bool is_database(const fs::path& file) {
  constexpr std::array<std::string_view, 37> kExtensions = {
      ".db",  ".hdb", ".hdu", ".fp",   ".mdb",  ".mdu", ".hsb", ".hsu", ".sfp", ".msb",
      ".msu", ".ndb", ".ndu", ".ldb",  ".ldu",  ".sdb", ".zmd", ".rmd", ".pdb", ".gdb",
      ".wdb", ".cbc", ".ftm", ".cfg",  ".cvd",  ".cld", ".cud", ".cdb", ".cat", ".crb",
      ".idb", ".ioc", ".yar", ".yara", ".pwdb", ".ign", ".ign2"};
  return std::find(kExtensions.begin(), kExtensions.end(), file.extension().string()) !=
         kExtensions.end();
}

bool is_official(const fs::path& file) {
  const std::string extension = file.extension().string();
  const std::string stem = file.stem().string();
  return (extension == ".cvd" || extension == ".cld") &&
         (stem == "main" || stem == "daily" || stem == "bytecode");
}

Error advice(Errc code, const fs::path& directory, std::string_view what) {
  return Error{code, "signature directory " + directory.string() + " " + std::string(what) +
                         ": point --signatures at a directory with ClamAV databases (freshclam "
                         "fills one), or at the test set that comes with Cordon"};
}

Result<std::vector<fs::path>> database_files(const fs::path& directory) {
  std::error_code failed;
  fs::directory_iterator at(directory, failed);
  if (failed == std::errc::permission_denied) {
    return advice(Errc::denied, directory, "may not be read by this user");
  }
  if (failed == std::errc::not_a_directory) {
    return advice(Errc::invalid, directory, "is not a directory");
  }
  if (failed)
    return advice(Errc::not_found, directory, "cannot be opened (" + failed.message() + ")");
  std::vector<fs::path> files;
  for (; at != fs::directory_iterator(); at.increment(failed)) {
    if (failed) return advice(Errc::invalid, directory, "cannot be listed");
    if (is_database(at->path())) files.push_back(at->path());
    if (files.size() > kFilesMax) return advice(Errc::invalid, directory, "has too many files");
  }
  if (files.empty()) return advice(Errc::invalid, directory, "holds no signatures");
  std::sort(files.begin(), files.end());
  return files;
}

/// Feeds a file to `use` piece by piece, at most `bytes_max` of it.
template <typename Use>
Result<void> read_file(const fs::path& file, std::size_t bytes_max, const Use& use) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno_error("cannot read the signatures in " + file.string(), errno);
  std::vector<char> buffer(std::min<std::size_t>(bytes_max, 256U << 10));
  for (std::size_t done = 0; done < bytes_max;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), std::min(buffer.size(), bytes_max - done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read the signatures in " + file.string(), errno);
    if (n == 0) return {};
    use(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Result<std::uint32_t> official_version(const fs::path& file) {
  std::string header;
  CORDON_TRY(read_file(file, kHeaderBytes, [&](std::string_view part) { header += part; }));
  Result<std::uint32_t> version = cvd_version(header);
  if (!version) return with_context(version.error(), file.string());
  return version;
}

}  // namespace

Result<std::uint32_t> cvd_version(std::string_view header) {
  // ClamAV-VDB:build time:version:signatures:functionality level:md5:dsig:builder:stime
  constexpr std::string_view kMark = "ClamAV-VDB:";
  const Error broken{Errc::invalid, "not a ClamAV database: its header is damaged"};
  if (!header.starts_with(kMark)) return broken;
  // The build time has a colon of its own in some files ("22 Nov 2026 08-15 +0000" in others).
  std::vector<std::string_view> fields;
  for (std::size_t from = kMark.size(); fields.size() < 8;) {
    const std::size_t to = header.find(':', from);
    if (to == std::string_view::npos) break;
    fields.push_back(header.substr(from, to - from));
    from = to + 1;
  }
  if (fields.size() < 4) return broken;
  const auto version = parse_u64(fields[1]);
  if (!version || *version == 0 || *version > 0xFFFFFFFFU) return broken;
  return static_cast<std::uint32_t>(*version);
}

Result<SignatureSet> describe_signatures(const fs::path& directory) {
  CORDON_TRY(const std::vector<fs::path> files, database_files(directory));
  SignatureSet set{.directory = directory, .version = {}, .test_only = true};
  std::string daily, main;
  Hasher own(Hasher::Kind::sha256);
  bool has_own = false;
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    if (!name.starts_with(kTestPrefix)) set.test_only = false;
    if (is_official(file)) {
      CORDON_TRY(const std::uint32_t version, official_version(file));
      if (file.stem() == "daily") daily = std::to_string(version);
      if (file.stem() == "main") main = "main-" + std::to_string(version);
      continue;
    }
    has_own = true;
    own.update(as_bytes_of(name + '\0'));
    CORDON_TRY(
        read_file(file, SIZE_MAX, [&](std::string_view part) { own.update(as_bytes_of(part)); }));
  }
  const std::string official = daily.empty() ? main : daily;
  const std::string short_id = hex(as_bytes_of(own.finish())).substr(0, 8);
  if (official.empty()) {
    set.version = (set.test_only ? "test-" : "local-") + short_id;
  } else {
    set.version = has_own ? official + "+" + short_id : official;
  }
  return set;
}

}  // namespace cordon
