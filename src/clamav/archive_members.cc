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
  const bool locked =
      words.find("ncrypt") != std::string::npos || words.find("assphrase") != std::string::npos ||
      // Before it knows the format, the library follows a stray pointer here.
      (archive_format(reader) != 0 && archive_read_has_encrypted_entries(reader) > 0);
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

LayerProblem too_much() { return {Reason::limit, "archive unpacks to more than the limit"}; }

/// Reads the current member to its end, into `store` if there is one.
std::optional<LayerProblem> unpack_member(struct archive* reader, const UnpackLimits& limits,
                                          Progress& progress, MemberStore* store) {
  std::vector<std::byte> chunk(kChunkBytes);
  while (!limits.should_stop()) {
    const la_ssize_t n = archive_read_data(reader, chunk.data(), chunk.size());
    if (n == 0) return std::nullopt;
    if (n == ARCHIVE_RETRY) continue;
    if (n < 0) return unreadable(reader);
    const auto count = static_cast<std::size_t>(n);
    progress.bytes += count;
    if (progress.bytes > limits.bytes_max) return too_much();
    if (store == nullptr) continue;
    if (store->size() + count > limits.member_bytes_max) {
      return LayerProblem{Reason::too_large, "archive member is larger than the engine can read"};
    }
    if (auto stored = store->append(Bytes(chunk).first(count)); !stored) {
      return LayerProblem{Reason::staging, stored.error().what};
    }
  }
  return std::nullopt;
}

using Enable = std::function<void(struct archive*)>;

Result<Reader> open_reader(Bytes archive, const Enable& enable) {
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
  archive_read_support_format_ar(reader);
  archive_read_support_format_lha(reader);
}

/// Only filters that the library itself decodes: for others it would start a program. Whatever
/// comes out is one member; if that is a tar, the engine reads it.
void enable_stream(struct archive* reader) {
  archive_read_support_filter_rpm(reader);
  archive_read_support_filter_gzip(reader);
  archive_read_support_filter_xz(reader);
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

/// Without looking whether what comes out is compressed again: the engine opens that, layer by
/// layer.
void enable_one_filter(struct archive* reader, int filter) {
  archive_read_append_filter(reader, filter);
  archive_read_support_format_raw(reader);
  archive_read_support_format_empty(reader);
}

bool is_compressed(ArchiveKind kind) {
  return kind == ArchiveKind::stream || kind == ArchiveKind::gzip || kind == ArchiveKind::xz;
}

void enable(ArchiveKind kind, struct archive* reader) {
  switch (kind) {
    case ArchiveKind::members:
      return enable_members(reader);
    case ArchiveKind::stream:
      return enable_stream(reader);
    case ArchiveKind::gzip:
      return enable_one_filter(reader, ARCHIVE_FILTER_GZIP);
    case ArchiveKind::xz:
      return enable_one_filter(reader, ARCHIVE_FILTER_XZ);
    case ArchiveKind::tar:
      archive_read_support_format_tar(reader);
      return;
    case ArchiveKind::cpio:
      archive_read_support_format_cpio(reader);
      return;
  }
}

/// Zip and 7z are read from the back, so the position says nothing.
std::optional<std::uint64_t> end_of(struct archive* reader, std::size_t size) {
  const int format = archive_format(reader) & ARCHIVE_FORMAT_BASE_MASK;
  if (format == ARCHIVE_FORMAT_ZIP || format == ARCHIVE_FORMAT_7ZIP) return std::nullopt;
  const la_int64_t consumed = archive_filter_bytes(reader, -1);
  if (consumed <= 0 || static_cast<std::uint64_t>(consumed) > size) return std::nullopt;
  return static_cast<std::uint64_t>(consumed);
}

bool ends_with(Bytes bytes, std::string_view mark) {
  return bytes.size() >= mark.size() &&
         std::ranges::equal(bytes.last(mark.size()), std::as_bytes(std::span(mark)));
}

/// The library ends without an error also when the very first block of a compressed file is cut
/// off. A file that was made from nothing has all of its end: RFC 1952 2.3.1 (sum and size are
/// zero), the .xz file format 2.1.2, and for bzip2 the mark of its end right behind that of its
/// beginning.
bool may_be_empty(struct archive* reader, ArchiveKind kind, Bytes archive) {
  using namespace std::string_view_literals;
  switch (kind) {
    case ArchiveKind::members:
      return (archive_format(reader) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_AR;
    case ArchiveKind::stream:
      return archive.size() == 14 && ends_with(archive, "\x17\x72\x45\x38\x50\x90\0\0\0\0"sv);
    case ArchiveKind::gzip:
      return ends_with(archive, "\0\0\0\0\0\0\0\0"sv);
    case ArchiveKind::xz:
      return ends_with(archive, "YZ"sv);
    case ArchiveKind::tar:
    case ArchiveKind::cpio:
      return true;
  }
  return false;
}

Unpacking at_the_end(struct archive* reader, ArchiveKind kind, const Progress& progress,
                     Bytes archive) {
  if (archive_read_has_encrypted_entries(reader) > 0) return {.problem = unreadable(reader)};
  if (progress.members == 1 && !may_be_empty(reader, kind, archive)) {
    return {.problem = LayerProblem{Reason::unsupported, "archive is cut off or lists nothing"}};
  }
  return {.end = end_of(reader, archive.size())};
}

/// The current member's header: anything that keeps its content from us.
std::optional<LayerProblem> about_header(struct archive* reader, struct archive_entry* entry,
                                         ArchiveKind kind) {
  if (archive_entry_is_encrypted(entry) != 0) return unreadable(reader);
  if (is_compressed(kind) && archive_filter_count(reader) < 2) {
    return LayerProblem{Reason::unsupported, "compressed file is damaged"};
  }
  return std::nullopt;
}

/// Gives the current member to `use`. Nothing: go on; an Unpacking: this was the last.
std::optional<Unpacking> pass_member(struct archive* reader, struct archive_entry* entry,
                                     const std::filesystem::path& temp_directory,
                                     const UnpackLimits& limits, Progress& progress,
                                     const UseMember& use) {
  // Whatever type the archive claims: a "directory" with content would unpack to a file elsewhere.
  MemberStore store(temp_directory);
  if (auto problem = unpack_member(reader, limits, progress, &store)) {
    return Unpacking{.problem = std::move(problem)};
  }
  if (limits.should_stop()) return Unpacking{};
  const auto declared = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
  if (static_cast<std::uint64_t>(std::max<la_int64_t>(declared, 0)) > store.size()) {
    return Unpacking{.problem = LayerProblem{Reason::unsupported, "archive member ends too early"}};
  }
  if (store.size() == 0) return std::nullopt;
  const Result<bool> go_on = store.pass_to(use);
  if (!go_on) return Unpacking{.problem = LayerProblem{Reason::staging, go_on.error().what}};
  return *go_on ? std::nullopt : std::optional(Unpacking{});
}

std::optional<Unpacking> skip_member(struct archive* reader, ArchiveKind kind,
                                     const UnpackLimits& limits, Progress& progress) {
  // Skipping a tar's member costs nothing, and a sparse one would unpack to any size.
  if (!is_compressed(kind)) {
    if (archive_read_data_skip(reader) >= ARCHIVE_WARN) return std::nullopt;
    return Unpacking{.problem = unreadable(reader)};
  }
  auto problem = unpack_member(reader, limits, progress, nullptr);
  return problem ? std::optional(Unpacking{.problem = std::move(problem)}) : std::nullopt;
}

using HandleMember =
    std::function<std::optional<Unpacking>(struct archive*, struct archive_entry*, Progress&)>;

Unpacking walk(ArchiveKind kind, Bytes archive, const UnpackLimits& limits,
               const HandleMember& handle) {
  Result<Reader> opened = open_reader(archive, [&](auto* reader) { enable(kind, reader); });
  if (!opened) return {.problem = LayerProblem{Reason::unsupported, opened.error().what}};
  struct archive* reader = opened->get();
  Progress progress;
  while (progress.members++ < limits.members_max) {
    if (limits.should_stop()) return {};
    struct archive_entry* entry = nullptr;
    const int found = archive_read_next_header(reader, &entry);
    if (found == ARCHIVE_EOF) return at_the_end(reader, kind, progress, archive);
    if (found < ARCHIVE_WARN) return {.problem = unreadable(reader)};
    if (auto problem = about_header(reader, entry, kind)) return {.problem = std::move(problem)};
    if (auto last = handle(reader, entry, progress)) return *std::move(last);
  }
  return {.problem = LayerProblem{Reason::limit, "archive has too many members"}};
}

}  // namespace

Unpacking for_each_member(ArchiveKind kind, Bytes archive,
                          const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                          const UseMember& use) {
  return walk(kind, archive, limits, [&](auto* reader, auto* entry, Progress& progress) {
    return pass_member(reader, entry, temp_directory, limits, progress, use);
  });
}

Unpacking walk_archive(ArchiveKind kind, Bytes archive, const UnpackLimits& limits) {
  return walk(kind, archive, limits, [&](auto* reader, auto* /*entry*/, Progress& progress) {
    return skip_member(reader, kind, limits, progress);
  });
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
