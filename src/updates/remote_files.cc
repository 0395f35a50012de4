#include "updates/remote_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "core/ports/small_document.h"
#include "signatures/signature_files.h"
#include "updates/checksum_list.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;
using MaybeNames = std::optional<Names>;
using MaybeTag = std::optional<std::string>;
using MaybeBytes = std::optional<std::uint64_t>;

constexpr std::size_t kNamesMax = 10'000;
constexpr int kPagesMax = 100;
constexpr std::size_t kTagBytesMax = 256;
constexpr std::uint64_t kSignFileBytesMax = 1U << 20U;
constexpr const char* kPart = ".part";

fs::path tag_file(const fs::path& staging, const std::string& file) {
  // Not a name that the engine would load.
  return staging / (file + ".tag");
}

/// Writes a file piece by piece, up to a limit.
class FileWriter {
 public:
  static Result<FileWriter> open(const fs::path& to, std::uint64_t bytes_max) {
    UniqueFd fd(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd) return errno_error("cannot write " + to.string(), errno);
    return FileWriter(std::move(fd), to, bytes_max);
  }
  Result<void> write(std::span<const std::byte> bytes) {
    if (bytes.size() > left_) {
      return Error{Errc::invalid, to_.filename().string() + " is larger than a signature file"};
    }
    left_ -= bytes.size();
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno_error("cannot write " + to_.string(), errno);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }
  Result<void> finish() {
    if (::fsync(fd_.get()) != 0) return errno_error("cannot write " + to_.string(), errno);
    return {};
  }

 private:
  FileWriter(UniqueFd fd, fs::path to, std::uint64_t bytes_max)
      : fd_(std::move(fd)), to_(std::move(to)), left_(bytes_max) {}

  UniqueFd fd_;
  fs::path to_;
  std::uint64_t left_;
};

class FileSink final : public ByteSink {
 public:
  explicit FileSink(FileWriter& file) : file_(file) {}
  Result<void> begin(const ObjectHead&) override { return {}; }
  Result<void> write(std::span<const std::byte> bytes) override { return file_.write(bytes); }

 private:
  FileWriter& file_;
};

bool is_loopback(std::string_view url) {
  for (const std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view rest = url.substr(host.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
  }
  return false;
}

Error status_error(const std::string& url, int status) {
  const Errc code = status == 404 || status == 410   ? Errc::not_found
                    : status == 401 || status == 403 ? Errc::denied
                    : status == 429                  ? Errc::throttled
                                                     : Errc::unavailable;
  return Error{code, url + " answers with status " + std::to_string(status)};
}

}  // namespace

Result<std::string> sha256_of_file(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno_error("cannot read " + file.string(), errno);
  Hasher hasher(Hasher::Kind::sha256);
  std::vector<char> buffer(256U << 10U);
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read " + file.string(), errno);
    if (n == 0) return hex(as_bytes_of(hasher.finish()));
    hasher.update(as_bytes_of({buffer.data(), static_cast<std::size_t>(n)}));
  }
}

// --- HTTP ------------------------------------------------------------------------------------

Result<MaybeNames> HttpFiles::list(Deadline, std::stop_token) { return MaybeNames(); }

Result<MaybeTag> HttpFiles::fetch(const std::string& file, const std::string& known,
                                  std::uint64_t bytes_max, const fs::path& to, Deadline deadline,
                                  std::stop_token stop) {
  const bool is_safe = url_.starts_with("https://") || is_loopback(url_);
  if (!is_safe && !file.ends_with(".cvd") && !is_sign_file(file)) {
    if (file == kChecksumFile) return Error{Errc::not_found, "not asked for over plain HTTP"};
    return Error{Errc::denied, file +
                                   " carries no signature of its own and is not taken over "
                                   "plain HTTP: give the mirror's https:// address"};
  }
  HttpRequest request{.url = url_ + "/" + percent_encode(file, false)};
  if (!known.empty()) request.headers.add("If-None-Match", known);
  CORDON_TRY(FileWriter writer, FileWriter::open(to, bytes_max));
  const BodyReceiver receiver{
      .head = [](const HttpResponse& head) -> Result<bool> { return head.status == 200; },
      .piece = [&](std::span<const std::byte> bytes) { return writer.write(bytes); }};
  CORDON_TRY(const HttpResponse response,
             client_.fetch(request, deadline, std::move(stop), &receiver));
  if (response.status == 304) return MaybeTag();
  if (response.status != 200) return status_error(request.url, response.status);
  CORDON_TRY(writer.finish());
  std::string tag(response.headers.get("etag").value_or(""));
  const bool is_usable = tag.size() <= kTagBytesMax && tag.starts_with('"') && is_utf8(tag);
  return MaybeTag(is_usable ? std::move(tag) : std::string());
}

// --- S3 --------------------------------------------------------------------------------------

Result<MaybeNames> BucketFiles::list(Deadline deadline, std::stop_token stop) {
  Names names;
  CatalogueQuery query{.bucket = bucket_, .prefix = prefix_};
  for (int page_number = 0; page_number < kPagesMax; ++page_number) {
    CORDON_TRY(CataloguePage page, sets_.list(query, deadline, stop));
    for (const ListedVersion& version : page.versions) {
      const std::string name = version.object.key.str().substr(prefix_.size());
      const bool wanted = version.is_current && (is_takeable(name) || name == kChecksumFile);
      if (wanted) names.push_back(name);
      if (names.size() > kNamesMax)
        return Error{Errc::invalid, this->name() + " has too many files"};
    }
    if (!page.next) return MaybeNames(std::move(names));
    query.after = std::move(page.next);
  }
  return Error{Errc::invalid, this->name() +
                                  " has too many objects: give signatures a prefix of "
                                  "their own"};
}

Result<MaybeTag> BucketFiles::fetch(const std::string& file, const std::string& known,
                                    std::uint64_t bytes_max, const fs::path& to, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const ObjectHead head, store_.head(object(file), deadline, stop));
  if (!known.empty() && head.etag.str() == known) return MaybeTag();
  if (head.bytes > bytes_max) {
    return Error{Errc::invalid, file + " is larger than a signature file"};
  }
  CORDON_TRY(FileWriter writer, FileWriter::open(to, bytes_max));
  FileSink sink(writer);
  CORDON_TRY(const ObjectHead read,
             store_.read(object(file), {.if_match = head.etag}, sink, deadline, stop));
  CORDON_TRY(writer.finish());
  return MaybeTag(read.etag.str());
}

// --- both ------------------------------------------------------------------------------------

Result<RemoteSource::Wanted> RemoteSource::wanted(const fs::path& staging, Deadline deadline,
                                                  const std::stop_token& stop) {
  CORDON_TRY(const MaybeNames listed, files_->list(deadline, stop));
  const bool may_have_sums =
      !listed || std::find(listed->begin(), listed->end(), kChecksumFile) != listed->end();
  if (may_have_sums) {
    const fs::path to = staging / (std::string(kChecksumFile) + kPart);
    Result<MaybeTag> fetched =
        files_->fetch(kChecksumFile, "", kChecksumFileBytesMax, to, deadline, stop);
    if (fetched) {
      CORDON_TRY(const std::string text, read_small_file(to, kChecksumFileBytesMax));
      std::error_code ignored;
      fs::remove(to, ignored);
      CORDON_TRY(auto sums, parse_checksums(text));
      return Wanted{.files = std::move(sums)};
    }
    if (fetched.error().code != Errc::not_found || listed) return fetched.error();
  }
  Wanted all;
  for (const std::string& name : listed.value_or(Names{"main.cvd", "daily.cvd", "bytecode.cvd"})) {
    all.files.emplace(name, "");
  }
  all.some_may_be_missing = !listed;
  if (all.files.empty()) {
    return Error{Errc::not_found, files_->name() + " holds no signature files"};
  }
  return all;
}

Result<MaybeBytes> RemoteSource::fetch_one(const fs::path& staging, const std::string& file,
                                           const std::string& sum, std::uint64_t bytes_max,
                                           Deadline deadline, const std::stop_token& stop) {
  const fs::path place = staging / file;
  const fs::path part = staging / (file + kPart);
  std::error_code failed;
  const bool is_there = fs::is_regular_file(place, failed);
  const auto size = [&] { return MaybeBytes(fs::file_size(place, failed)); };
  if (is_there && !sum.empty()) {
    CORDON_TRY(const std::string present, sha256_of_file(place));
    if (present == sum) return size();
  }
  std::string known;
  if (is_there && sum.empty()) {
    Result<std::string> tag = read_small_file(tag_file(staging, file), kTagBytesMax);
    if (tag) known = *std::move(tag);
  }
  Result<MaybeTag> tag = files_->fetch(file, known, bytes_max, part, deadline, stop);
  if (!tag || !*tag) fs::remove(part, failed);
  if (!tag) {
    if (tag.error().code == Errc::not_found && sum.empty()) return MaybeBytes();
    return with_context(tag.error(), "fetching " + file);
  }
  if (!*tag) return size();
  if (!sum.empty()) {
    CORDON_TRY(const std::string got, sha256_of_file(part));
    if (got != sum) {
      return Error{Errc::unavailable, file + " is not what " + kChecksumFile +
                                          " says: it is perhaps being replaced; try again later"};
    }
  }
  fs::rename(part, place, failed);
  if (failed) return errno_error("cannot replace " + place.string(), failed.value());
  CORDON_TRY(write_file_atomically(tag_file(staging, file), **tag));
  return size();
}

Result<void> RemoteSource::fetch(const fs::path& staging, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const Wanted all, wanted(staging, deadline, stop));
  std::set<std::string> present;
  std::uint64_t bytes = 0;
  for (const auto& [file, sum] : all.files) {
    const std::uint64_t room = std::min(is_sign_file(file) ? kSignFileBytesMax : kSetFileBytesMax,
                                        kSetBytesMax - std::min(bytes, kSetBytesMax));
    CORDON_TRY(const MaybeBytes got, fetch_one(staging, file, sum, room, deadline, stop));
    if (got) {
      present.insert(file);
      bytes += *got;
    } else if (!all.some_may_be_missing) {
      return Error{Errc::unavailable, file +
                                          " is listed and not there: the set is perhaps being "
                                          "replaced; try again later"};
    }
  }
  if (present.empty()) {
    return Error{Errc::not_found, files_->name() + " has neither " + kChecksumFile +
                                      " nor main.cvd, daily.cvd or bytecode.cvd"};
  }
  std::error_code failed;
  std::vector<fs::path> gone;
  for (fs::directory_iterator at(staging, failed), end; !failed && at != end;
       at.increment(failed)) {
    const std::string name = at->path().filename().string();
    if (is_signature_file(at->path()) && !present.contains(name)) gone.push_back(at->path());
  }
  for (const fs::path& path : gone) fs::remove(path, failed);
  if (all.some_may_be_missing) return fetch_sign_files(staging, deadline, stop);
  return {};
}

Result<void> RemoteSource::fetch_sign_files(const fs::path& staging, Deadline deadline,
                                            const std::stop_token& stop) {
  for (const char* database : {"main.cvd", "daily.cvd", "bytecode.cvd"}) {
    std::error_code failed;
    const Result<std::string> name = sign_file_of(staging / database);
    // Its name says which version it is for: it never changes.
    if (!name || fs::exists(staging / *name, failed)) continue;
    const fs::path part = staging / (*name + kPart);
    const Result<MaybeTag> fetched =
        files_->fetch(*name, "", kSignFileBytesMax, part, deadline, stop);
    if (fetched) {
      fs::rename(part, staging / *name, failed);
      if (failed) return errno_error("cannot keep " + *name, failed.value());
      continue;
    }
    fs::remove(part, failed);
    const Errc code = fetched.error().code;  // Some mirrors refuse what is not there.
    if (code != Errc::not_found && code != Errc::denied) return fetched.error();
  }
  return {};
}

}  // namespace cordon
