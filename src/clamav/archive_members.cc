#include "clamav/archive_members.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/unique_fd.h"
#include "clamav/mapped_object.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kInMemoryBytesMax = 4U << 20;
constexpr std::size_t kChunkBytes = 64U << 10;

struct CloseReader {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<struct archive, CloseReader>;

std::string words_of(struct archive* reader) {
  const char* words = archive_error_string(reader);
  return words == nullptr ? "no reason given" : std::string(words).substr(0, 200);
}

LayerProblem unreadable(struct archive* reader) {
  const std::string words = words_of(reader);
  const bool locked = words.find("ncrypt") != std::string::npos ||
                      words.find("assphrase") != std::string::npos ||
                      // Before it knows the format, the library follows a stray pointer here.
                      (archive_format(reader) != 0 &&
                       archive_read_has_encrypted_entries(reader) > 0);
  if (locked) return {Reason::encrypted, "password-protected archive"};
  return {Reason::unsupported, "archive member could not be unpacked: " + words};
}

/// One member's bytes: in memory while small, then in an unlinked file.
class MemberStore {
 public:
  explicit MemberStore(const std::filesystem::path& directory) : directory_(directory) {}

  std::uint64_t size() const { return size_; }

  Result<void> append(Bytes chunk) {
    size_ += chunk.size();
    if (!file_ && size_ <= kInMemoryBytesMax) {
      memory_.insert(memory_.end(), chunk.begin(), chunk.end());
      return {};
    }
    if (!file_) {
      CORDON_TRY(open_file());
      CORDON_TRY(write_all(memory_));
      memory_ = {};
    }
    return write_all(chunk);
  }

  /// Calls `use` with all the bytes.
  Result<bool> pass_to(const UseMember& use) const {
    if (!file_) return use(memory_);
    CORDON_TRY(const MappedObject mapped, MappedObject::map(file_, size_));
    return use(mapped.bytes());
  }

 private:
  Result<void> open_file() {
    std::string name = (directory_ / "member-XXXXXX").string();
    file_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_) return errno_error("no temporary file", errno);
    ::unlink(name.c_str());
    return {};
  }

  Result<void> write_all(Bytes chunk) {
    while (!chunk.empty()) {
      const ssize_t n = ::write(file_.get(), chunk.data(), chunk.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return errno_error("no space for an archive member", errno);
      chunk = chunk.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

  const std::filesystem::path& directory_;
  std::vector<std::byte> memory_;
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

struct Progress {
  std::uint64_t members = 0;
  std::uint64_t bytes = 0;
};

/// Reads the current member to its end into `store`.
std::optional<LayerProblem> unpack_member(struct archive* reader, const UnpackLimits& limits,
                                          Progress& progress, MemberStore& store) {
  std::vector<std::byte> chunk(kChunkBytes);
  for (;;) {
    const la_ssize_t n = archive_read_data(reader, chunk.data(), chunk.size());
    if (n == 0) return std::nullopt;
    if (n == ARCHIVE_RETRY) continue;
    if (n < 0) return unreadable(reader);
    const auto count = static_cast<std::size_t>(n);
    progress.bytes += count;
    if (progress.bytes > limits.bytes_max) {
      return LayerProblem{Reason::limit, "archive unpacks to more than the limit"};
    }
    if (store.size() + count > limits.member_bytes_max) {
      return LayerProblem{Reason::too_large, "archive member is larger than the engine can read"};
    }
    if (auto stored = store.append(Bytes(chunk).first(count)); !stored) {
      return LayerProblem{Reason::staging, stored.error().what};
    }
  }
}

Result<Reader> open_reader(Bytes archive, void (*enable)(struct archive*)) {
  Reader reader(archive_read_new());
  if (!reader) return Error{Errc::unavailable, "no memory for the archive reader"};
  enable(reader.get());
  // SAFETY: libarchive only reads; its memory reader takes no const for historical reasons.
  if (archive_read_open_memory(reader.get(), archive.data(), archive.size()) != ARCHIVE_OK) {
    return Error{Errc::invalid, words_of(reader.get())};
  }
  return reader;
}

void enable_members(struct archive* reader) {
  archive_read_support_format_rar(reader);
  archive_read_support_format_rar5(reader);
  archive_read_support_format_zip_seekable(reader);
  archive_read_support_format_7zip(reader);
}

/// Only filters that the library itself decodes: for others it would start a program. Whatever
/// comes out is one member; if that is a tar, the engine reads it.
void enable_stream(struct archive* reader) {
  archive_read_support_filter_bzip2(reader);
  archive_read_support_filter_zstd(reader);
  archive_read_support_filter_lz4(reader);
  archive_read_support_filter_lzip(reader);
  archive_read_support_filter_lzma(reader);
  archive_read_support_filter_compress(reader);
  archive_read_support_format_raw(reader);
  archive_read_support_format_empty(reader);
}

void enable_7z(struct archive* reader) { archive_read_support_format_7zip(reader); }

}  // namespace

std::optional<LayerProblem> for_each_member(ArchiveKind kind, Bytes archive,
                                            const std::filesystem::path& temp_directory,
                                            const UnpackLimits& limits, const UseMember& use) {
  const bool stream = kind == ArchiveKind::stream;
  Result<Reader> opened = open_reader(archive, stream ? enable_stream : enable_members);
  if (!opened) return LayerProblem{Reason::unsupported, opened.error().what};
  struct archive* reader = opened->get();
  Progress progress;
  while (progress.members++ < limits.members_max) {
    struct archive_entry* entry = nullptr;
    const int found = archive_read_next_header(reader, &entry);
    if (found == ARCHIVE_EOF) {
      if (archive_read_has_encrypted_entries(reader) > 0) return unreadable(reader);
      if (progress.members == 1) return LayerProblem{Reason::unsupported, "archive lists nothing"};
      return std::nullopt;
    }
    if (found < ARCHIVE_WARN) return unreadable(reader);
    if (archive_entry_is_encrypted(entry) != 0) return unreadable(reader);
    // Whatever type the archive claims: a "directory" with content would unpack to a file
    // elsewhere.
    MemberStore store(temp_directory);
    if (stream && archive_filter_count(reader) < 2) {
      return LayerProblem{Reason::unsupported, "compressed file is damaged"};
    }
    if (auto problem = unpack_member(reader, limits, progress, store)) return problem;
    const auto declared = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
    if (static_cast<std::uint64_t>(std::max<la_int64_t>(declared, 0)) > store.size()) {
      return LayerProblem{Reason::unsupported, "archive member ends too early"};
    }
    if (store.size() == 0) continue;
    const Result<bool> go_on = store.pass_to(use);
    if (!go_on) return LayerProblem{Reason::staging, go_on.error().what};
    if (!*go_on) return std::nullopt;
  }
  return LayerProblem{Reason::limit, "archive has too many members"};
}

Result<std::uint64_t> count_7z_members(Bytes archive) {
  constexpr std::uint64_t kMembersMax = 1'000'000;
  CORDON_TRY(const Reader reader, open_reader(archive, enable_7z));
  std::uint64_t files = 0;
  for (std::uint64_t i = 0; i < kMembersMax; ++i) {
    struct archive_entry* entry = nullptr;
    const int found = archive_read_next_header(reader.get(), &entry);
    if (found == ARCHIVE_EOF) return files;
    if (found < ARCHIVE_WARN) return Error{Errc::invalid, words_of(reader.get())};
    if (archive_entry_size(entry) > 5) ++files;
  }
  return Error{Errc::invalid, "too many members"};
}

}  // namespace cordon
