#include "updates/set_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <set>
#include <system_error>
#include <vector>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "signatures/signature_files.h"
#include "updates/remote_files.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kManifest = "cordon-set.json";
constexpr const char* kSchema = "cordon.signature-set/1";
constexpr const char* kRejected = "rejected";
constexpr const char* kStaging = "staging-";
constexpr std::size_t kManifestBytesMax = 16U << 10U;

std::string text_member(const json::object& document, const char* name) {
  const json::value* value = document.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

Result<void> copy_into(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  for (fs::directory_iterator at(from, failed), end; !failed && at != end; at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (name == kManifest || !at->is_regular_file(failed)) continue;
    fs::copy_file(at->path(), to / name, failed);
    if (failed) break;
    // Sources compare times, and the age of a set is that of its files.
    fs::last_write_time(to / name, fs::last_write_time(at->path(), failed), failed);
  }
  if (!failed) return {};
  return errno_error("cannot copy " + from.string() + " to " + to.string(), failed.value());
}

}  // namespace

std::string to_json(const SetManifest& manifest) {
  const json::object document{{"schema", kSchema},
                              {"version", manifest.version},
                              {"signatures", manifest.signatures},
                              {"source", manifest.source},
                              {"engine", manifest.engine},
                              {"takenAt", rfc3339_ms(manifest.taken_at)},
                              {"digest", manifest.digest}};
  return json::serialize(document) + "\n";
}

Result<SetManifest> parse_manifest(const std::string& text) {
  json::error_code failed;
  const json::value value = json::parse(text, failed);
  const json::object* document = failed ? nullptr : value.if_object();
  if (document == nullptr || text_member(*document, "schema") != kSchema) {
    return Error{Errc::invalid, "not a manifest of a signature set"};
  }
  SetManifest manifest{.version = text_member(*document, "version"),
                       .source = text_member(*document, "source"),
                       .engine = text_member(*document, "engine"),
                       .digest = text_member(*document, "digest")};
  const json::value* count = document->if_contains("signatures");
  if (count != nullptr && count->is_int64() && count->as_int64() > 0) {
    manifest.signatures = static_cast<std::uint64_t>(count->as_int64());
  }
  const Result<SystemTime> taken = parse_rfc3339(text_member(*document, "takenAt"));
  if (!taken || manifest.version.empty()) {
    return Error{Errc::invalid, "a manifest without version or time"};
  }
  manifest.taken_at = *taken;
  return manifest;
}

Result<SetManifest> manifest_in(const fs::path& directory) {
  CORDON_TRY(const std::string text, read_small_file(directory / kManifest, kManifestBytesMax));
  return parse_manifest(text);
}

Result<std::string> digest_of_set(const fs::path& directory) {
  CORDON_TRY(const std::vector<SignatureFile> files, signature_files(directory));
  Hasher hasher(Hasher::Kind::sha256);
  for (const SignatureFile& file : files) {
    CORDON_TRY(const std::string sum, sha256_of_file(file.path));
    hasher.update(as_bytes_of(file.path.filename().string() + ' ' + sum + '\n'));
  }
  return hex(as_bytes_of(hasher.finish()));
}

Result<SetDirectory> SetDirectory::open(fs::path root) {
  std::error_code failed;
  fs::create_directories(root / "versions", failed);
  if (failed) {
    Error error = errno_error("cannot make " + (root / "versions").string(), failed.value());
    error.what += "; name a directory that this user may write to with --signatures";
    return error;
  }
  UniqueFd lock(::open((root / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock) return errno_error("cannot lock " + root.string(), errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{Errc::changed, "somebody else updates " + root.string() + " now"};
  }
  return SetDirectory(std::move(root), std::move(lock));
}

Result<fs::path> SetDirectory::stage(Random& random, const Clock& clock) {
  std::error_code failed;
  std::vector<fs::path> left;
  for (fs::directory_iterator at(root_ / "versions", failed), end; !failed && at != end;
       at.increment(failed)) {
    if (at->path().filename().string().starts_with(kStaging)) left.push_back(at->path());
  }
  for (const fs::path& path : left) fs::remove_all(path, failed);
  const fs::path staged = root_ / "versions" / (kStaging + lower(ulid(clock.system_now(), random)));
  if (!fs::create_directory(staged, failed)) {
    return errno_error("cannot make " + staged.string(), failed.value());
  }
  if (current()) CORDON_TRY(copy_into(live_directory(root_), staged));
  return staged;
}

Result<void> SetDirectory::commit(const fs::path& staged, const SetManifest& manifest) {
  CORDON_TRY(write_file_atomically(staged / kManifest, to_json(manifest)));
  std::error_code failed;
  // Agents may run as another user than who updates.
  fs::permissions(staged / kManifest, fs::perms(0644), failed);
  const fs::path place =
      root_ / "versions" / staged.filename().string().substr(std::string_view(kStaging).size());
  fs::rename(staged, place, failed);
  if (failed) return errno_error("cannot rename " + staged.string(), failed.value());
  const fs::path before = fs::read_symlink(root_ / "current", failed);
  if (!failed) CORDON_TRY(point("previous", before));
  CORDON_TRY(point("current", fs::path("versions") / place.filename()));
  prune();
  return {};
}

Result<void> SetDirectory::add_sign_files(const fs::path& staged) {
  std::error_code failed;
  for (const fs::path& file : sign_files(staged).used) {
    const fs::path place = in_force() / file.filename();
    if (fs::exists(place, failed)) continue;
    fs::rename(file, place, failed);
    if (failed) return errno_error("cannot keep " + place.string(), failed.value());
  }
  return {};
}

fs::path SetDirectory::in_force() const { return live_directory(root_); }

Result<SetManifest> SetDirectory::roll_back() {
  const std::optional<SetManifest> now = current();
  const std::optional<SetManifest> then = previous();
  if (!now || !then) {
    return Error{Errc::not_found, "no set before the one in force is kept in " + root_.string()};
  }
  CORDON_TRY(write_file_atomically(root_ / kRejected, now->digest));
  std::error_code failed;
  const fs::path target = fs::read_symlink(root_ / "previous", failed);
  if (failed) return errno_error("cannot read the link previous", failed.value());
  CORDON_TRY(point("current", target));
  fs::remove(root_ / "previous", failed);
  prune();
  return *then;
}

std::string SetDirectory::rejected() const {
  const Result<std::string> text = read_small_file(root_ / kRejected, 256);
  return text ? *text : std::string();
}

std::optional<SetManifest> SetDirectory::manifest_of(const char* link) const {
  std::error_code failed;
  if (!fs::is_symlink(root_ / link, failed)) return std::nullopt;
  Result<SetManifest> manifest = manifest_in(root_ / link);
  if (!manifest) return std::nullopt;
  return *std::move(manifest);
}

// A new link is made beside the old one and renamed over it: at no time is there none.
Result<void> SetDirectory::point(const char* link, const fs::path& to) const {
  const fs::path beside = root_ / (std::string(".") + link + ".new");
  std::error_code failed;
  fs::remove(beside, failed);
  fs::create_symlink(to, beside, failed);
  if (!failed) fs::rename(beside, root_ / link, failed);
  if (!failed) return {};
  return errno_error("cannot swap the link " + (root_ / link).string(), failed.value());
}

void SetDirectory::prune() const {
  std::set<fs::path> used;
  std::error_code failed;
  for (const char* link : {"current", "previous"}) {
    const fs::path target = fs::read_symlink(root_ / link, failed);
    if (!failed) used.insert(target.filename());
  }
  std::vector<fs::path> gone;
  for (fs::directory_iterator at(root_ / "versions", failed), end; !failed && at != end;
       at.increment(failed)) {
    if (!used.contains(at->path().filename())) gone.push_back(at->path());
  }
  for (const fs::path& path : gone) fs::remove_all(path, failed);
}

}  // namespace cordon
