#include "signatures/signature_set.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "signatures/signature_files.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 512;
constexpr std::string_view kTestPrefix = "cordon-test";

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

std::optional<SystemTime> cvd_time(std::string_view header) {
  constexpr std::uint64_t kFirst = 1'000'000'000;  // 2001: what is below is no time of day.
  constexpr std::uint64_t kLast = 4'102'444'800;   // 2100
  const std::size_t colon = header.rfind(':');
  if (!cvd_version(header) || colon == std::string_view::npos) return std::nullopt;
  std::string_view last = header.substr(colon + 1);
  while (!last.empty() && (last.back() == ' ' || last.back() == '\0')) last.remove_suffix(1);
  const auto seconds = parse_u64(last);
  if (!seconds || *seconds < kFirst || *seconds > kLast) return std::nullopt;
  return SystemTime(std::chrono::seconds(*seconds));
}

Result<std::map<std::string, std::uint32_t>> official_versions(const fs::path& directory) {
  CORDON_TRY(const std::vector<SignatureFile> files, signature_files(directory));
  std::map<std::string, std::uint32_t> versions;
  for (const SignatureFile& file : files) {
    if (!is_official_file(file.path)) continue;
    CORDON_TRY(const std::uint32_t version, official_version(file.path));
    std::uint32_t& newest = versions[file.path.stem().string()];
    newest = std::max(newest, version);
  }
  return versions;
}

Result<SignatureSet> describe_signatures(const fs::path& directory) {
  CORDON_TRY(const std::vector<SignatureFile> files, signature_files(directory));
  SignatureSet set{.directory = directory, .version = {}, .test_only = true};
  std::string daily, main;
  Hasher own(Hasher::Kind::sha256);
  bool has_own = false;
  for (const SignatureFile& entry : files) {
    const fs::path& file = entry.path;
    const std::string name = file.filename().string();
    if (name != kIgnoredFile && !name.starts_with(kTestPrefix)) set.test_only = false;
    if (is_official_file(file)) {
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
