#include "clamav/archive_members.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
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
#include "clamav/gzip_file.h"
#include "clamav/mapped_object.h"
#include "clamav/zip_directory.h"

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

/// What is locked in a zip is told by its directory (zip_directory.h), for the engine may have the
/// password: here such members are passed over.
bool tells_its_locks(ContainerKind kind) { return kind != ContainerKind::zip; }

LayerProblem unreadable(ContainerKind kind, struct archive* reader) {
  const std::string words = words_of(reader);
  const bool locked =
      tells_its_locks(kind) &&
      (words.find("ncrypt") != std::string::npos || words.find("assphrase") != std::string::npos ||
       // Before it knows the format, the library follows a stray pointer here.
       (archive_format(reader) != 0 && archive_read_has_encrypted_entries(reader) > 0));
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

/// Only filters that the library itself decodes: for others it would start a program. One filter,
/// without looking whether what comes out is compressed again: that is a layer of its own.
void enable_filter(struct archive* reader, int filter) {
  archive_read_append_filter(reader, filter);
  archive_read_support_format_raw(reader);
  archive_read_support_format_empty(reader);
}

void enable(ContainerKind kind, struct archive* reader) {
  switch (kind) {
    case ContainerKind::zip:
      archive_read_support_format_zip_seekable(reader);
      return;
    case ContainerKind::zip_from_front:
      archive_read_support_format_zip_streamable(reader);
      return;
    case ContainerKind::seven_zip:
      archive_read_support_format_7zip(reader);
      return;
    case ContainerKind::rar:
      archive_read_support_format_rar(reader);
      archive_read_support_format_rar5(reader);
      return;
    case ContainerKind::ar:
      archive_read_support_format_ar(reader);
      return;
    case ContainerKind::lha:
      archive_read_support_format_lha(reader);
      archive_read_set_option(reader, "lha", "hdrcharset", "ISO-8859-1");
      return;
    case ContainerKind::cabinet:
      archive_read_support_format_cab(reader);
      return;
    case ContainerKind::iso9660:
      archive_read_support_format_iso9660(reader);
      return;
    case ContainerKind::iso9660_plain:
      archive_read_support_format_iso9660(reader);
      archive_read_set_format_option(reader, "iso9660", "joliet", nullptr);
      return;
    case ContainerKind::xar:
      archive_read_support_format_xar(reader);
      return;
    case ContainerKind::tar:
      archive_read_support_format_tar(reader);
      return;
    case ContainerKind::cpio:
      archive_read_support_format_cpio(reader);
      return;
    case ContainerKind::gzip:
      return enable_filter(reader, ARCHIVE_FILTER_GZIP);
    case ContainerKind::xz:
      return enable_filter(reader, ARCHIVE_FILTER_XZ);
    case ContainerKind::bzip2:
      return enable_filter(reader, ARCHIVE_FILTER_BZIP2);
    case ContainerKind::zstd:
      return enable_filter(reader, ARCHIVE_FILTER_ZSTD);
    case ContainerKind::lz4:
      return enable_filter(reader, ARCHIVE_FILTER_LZ4);
    case ContainerKind::lzip:
      return enable_filter(reader, ARCHIVE_FILTER_LZIP);
    case ContainerKind::lzma:
      return enable_filter(reader, ARCHIVE_FILTER_LZMA);
    case ContainerKind::compress:
      // This filter is chosen by content: Debian 12's library does not serve it by its number.
      archive_read_support_filter_compress(reader);
      archive_read_support_format_raw(reader);
      archive_read_support_format_empty(reader);
      return;
    case ContainerKind::rpm:
      return enable_filter(reader, ARCHIVE_FILTER_RPM);
    case ContainerKind::zlib:
    case ContainerKind::warc:
    case ContainerKind::pdf:
    case ContainerKind::compound_file:
    case ContainerKind::rtf:
    case ContainerKind::markup:
    case ContainerKind::mail:
    case ContainerKind::tnef:
    case ContainerKind::onenote:
    case ContainerKind::cms:
    case ContainerKind::openpgp:
    case ContainerKind::encoded_text:
    case ContainerKind::ms_compressed:
    case ContainerKind::script:
      return;  // Not the library's: nothing is enabled, so it reads nothing.
  }
}

/// The library gives up an archive whose names it cannot convert (LHA), or warns of each of them.
/// Names matter to nobody here, so every byte is a letter: ISO 8859-1, in a locale that has all of
/// them. Of this thread, while this object lives.
class AnyNames {
 public:
  AnyNames() : before_(::uselocale(locale())) {}
  AnyNames(const AnyNames&) = delete;
  AnyNames& operator=(const AnyNames&) = delete;
  ~AnyNames() { ::uselocale(before_); }

  /// Loaded at the first call, for the life of the process. Without the locale: the one in force.
  static locale_t locale() {
    static const locale_t loaded = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return loaded == nullptr ? LC_GLOBAL_LOCALE : loaded;
  }

 private:
  locale_t before_;
};

/// One archive on its way through the library. What is wrong with one member does not keep it from
/// the next one, where the format permits.
class Walk {
 public:
  Walk(ContainerKind kind, Bytes archive, const UnpackLimits& limits)
      : kind_(kind), archive_(archive), limits_(limits) {}

  enum class Go : std::uint8_t { on, stop };
  /// What to do with the current member.
  using HandleMember = std::function<Go(Walk&, struct archive_entry*)>;

  Unpacking run(const HandleMember& handle) {
    Unpacking done{.end = members(handle)};
    done.bytes = bytes_;
    done.problem = std::move(problem_);
    return done;
  }

  /// Reads the current member to its end; false when it is not whole, and why is noted.
  bool read_member(struct archive_entry* entry, const TakePiece& take) {
    const std::uint64_t declared = declared_bytes(entry);
    // A folder has no content, and some readers refuse to be asked for it. One that declares some
    // would unpack to a file elsewhere.
    if (declared == 0 && archive_entry_filetype(entry) == AE_IFDIR) return true;
    if (declared > limits_.member_bytes_max) return note(too_large(), Go::on);
    std::uint64_t size = 0;
    if (!read_pieces(size, take)) return false;
    if (declared > size && is_file(entry)) {
      return note({Reason::unsupported, "archive member ends too early"}, Go::on);
    }
    return true;
  }

  /// The first problem counts. Always false.
  bool note(LayerProblem problem, Go then) {
    if (!problem_) problem_ = std::move(problem);
    if (then == Go::stop) stopped_ = true;
    return false;
  }

 private:
  static LayerProblem too_large() {
    return {Reason::too_large, "archive member is larger than the engine can read"};
  }

  /// A link names another member's content; a folder of an image declares the size of its list.
  static bool is_file(struct archive_entry* entry) {
    return archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr;
  }

  static std::uint64_t declared_bytes(struct archive_entry* entry) {
    const la_int64_t said = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
    return static_cast<std::uint64_t>(std::max<la_int64_t>(said, 0));
  }

  bool should_stop() {
    stopped_ = stopped_ || limits_.should_stop();
    return stopped_;
  }

  bool read_pieces(std::uint64_t& size, const TakePiece& take) {
    bool warned = false;
    while (!should_stop()) {
      const la_ssize_t n = archive_read_data(reader_.get(), chunk_.data(), chunk_.size());
      if (n == 0) return !warned;
      if (n == ARCHIVE_RETRY) continue;
      // A wrong sum is told with the last block at hand, which comes with the next call.
      if (n == ARCHIVE_WARN && !warned) {
        warned = true;
        note(unreadable(kind_, reader_.get()), Go::on);
        continue;
      }
      if (n < 0)
        return note(unreadable(kind_, reader_.get()), n == ARCHIVE_FATAL ? Go::stop : Go::on);
      const auto count = static_cast<std::size_t>(n);
      size += count;
      bytes_ += count;
      if (bytes_ > limits_.bytes_max) {
        return note({Reason::limit, "archive unpacks to more than the limit"}, Go::stop);
      }
      if (size > limits_.member_bytes_max) return note(too_large(), Go::on);
      if (auto taken = take(Bytes(chunk_).first(count)); !taken) {
        return note({Reason::staging, taken.error().what}, Go::stop);
      }
    }
    return false;
  }

  /// Where the archive ends, if it was read to there.
  std::optional<std::uint64_t> members(const HandleMember& handle) {
    if (!open()) return std::nullopt;
    for (std::uint64_t i = 0; i < limits_.members_max; ++i) {
      if (should_stop()) return std::nullopt;
      struct archive_entry* entry = nullptr;
      const int found = next_header(entry);
      if (found == ARCHIVE_EOF) return at_the_end(i);
      if (found < ARCHIVE_WARN) {
        note(unreadable(kind_, reader_.get()), Go::stop);
        return std::nullopt;
      }
      if (found == ARCHIVE_WARN) note_skipped_bytes();
      if (!is_readable(entry)) continue;
      if (handle(*this, entry) == Go::stop) return std::nullopt;
    }
    note({Reason::limit, "archive has too many members"}, Go::stop);
    return std::nullopt;
  }

  int next_header(struct archive_entry*& entry) {
    const AnyNames any_names;
    return archive_read_next_header(reader_.get(), &entry);
  }

  bool open() {
    reader_.reset(archive_read_new());
    if (!reader_) return note({Reason::staging, "no memory for the archive reader"}, Go::stop);
    const AnyNames any_names;  // Options choose their converters when they are set.
    enable(kind_, reader_.get());
    // SAFETY: libarchive only reads; its memory reader takes no const for historical reasons.
    if (archive_read_open_memory(reader_.get(), archive_.data(), archive_.size()) == ARCHIVE_OK) {
      return true;
    }
    return note({Reason::unsupported, words_of(reader_.get())}, Go::stop);
  }

  /// For names and times that it cannot convert the library warns as well, which is nobody's loss.
  void note_skipped_bytes() {
    const std::string words = words_of(reader_.get());
    if (words.starts_with("Skipped"))
      note({Reason::unsupported, "damaged archive: " + words}, Go::on);
  }

  /// The current member's header: anything that keeps its content from us.
  bool is_readable(struct archive_entry* entry) {
    if (archive_entry_is_encrypted(entry) != 0) {
      return tells_its_locks(kind_) && note(unreadable(kind_, reader_.get()), Go::on);
    }
    if (is_compressed_file(kind_) && archive_filter_count(reader_.get()) < 2) {
      return note({Reason::unsupported, "compressed file is damaged"}, Go::stop);
    }
    return true;
  }

  std::optional<std::uint64_t> at_the_end(std::uint64_t members) {
    if (tells_its_locks(kind_) && archive_read_has_encrypted_entries(reader_.get()) > 0) {
      note(unreadable(kind_, reader_.get()), Go::stop);
    } else if (members == 0 && !may_list_nothing()) {
      note({Reason::unsupported, "archive is cut off or lists nothing"}, Go::stop);
    }
    if (problem_) return std::nullopt;
    return end();
  }

  /// The library ends without an error also when the very first block of a compressed file is cut
  /// off.
  bool may_list_nothing() const {
    switch (kind_) {
      case ContainerKind::ar:
      case ContainerKind::tar:
      case ContainerKind::cpio:
      case ContainerKind::xar:
        return true;
      case ContainerKind::seven_zip:
        return declared_end(kind_, archive_) == 32U;
      default:
        return is_empty_compressed_file(kind_, archive_);
    }
  }

  /// What is read from the back or by a list says nothing by its position.
  std::optional<std::uint64_t> end() {
    switch (kind_) {
      case ContainerKind::seven_zip:
      case ContainerKind::cabinet:
        return declared_end(kind_, archive_);
      case ContainerKind::zip:
      case ContainerKind::zip_from_front:
      case ContainerKind::iso9660:
      case ContainerKind::iso9660_plain:
      case ContainerKind::xar:
        return std::nullopt;
      default:
        break;
    }
    const la_int64_t consumed = archive_filter_bytes(reader_.get(), -1);
    if (consumed <= 0 || static_cast<std::uint64_t>(consumed) > archive_.size()) {
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(consumed);
  }

  const ContainerKind kind_;
  const Bytes archive_;
  const UnpackLimits& limits_;
  Reader reader_;
  std::vector<std::byte> chunk_ = std::vector<std::byte>(kChunkBytes);
  std::uint64_t bytes_ = 0;
  std::optional<LayerProblem> problem_;
  bool stopped_ = false;
};

/// The library refuses a zip for things that it need not understand (what writers left in extra
/// fields): then once more, with nothing but what the members need.
Unpacking run_walk(ContainerKind kind, Bytes archive, const UnpackLimits& limits,
                   const Walk::HandleMember& handle) {
  Unpacking first = Walk(kind, archive, limits).run(handle);
  const bool refused = first.problem && first.problem->reason == Reason::unsupported;
  if (kind != ContainerKind::zip || !refused) return first;
  const Result<PlainZip> plain = plain_zip(archive);
  if (!plain) return first;
  if (plain->members == 0) return {.bytes = first.bytes};
  Unpacking second = Walk(kind, plain->bytes, limits).run(handle);
  second.bytes += first.bytes;
  return second;
}

bool is_deflated(ContainerKind kind) {
  return kind == ContainerKind::gzip || kind == ContainerKind::zlib;
}

Unpacking unpack_deflated(ContainerKind kind, Bytes file, const UnpackLimits& limits,
                          const TakePiece& take) {
  return kind == ContainerKind::gzip ? unpack_gzip(file, limits, take)
                                     : unpack_zlib(file, limits, take);
}

Unpacking read_deflated(ContainerKind kind, Bytes file, const std::filesystem::path& temp_directory,
                        const UnpackLimits& limits, const UseMember& use) {
  MemberStore store(temp_directory);
  Unpacking done =
      unpack_deflated(kind, file, limits, [&](Bytes piece) { return store.append(piece); });
  if (store.size() == 0) return done;
  const Result<bool> go_on = store.pass_to(use);
  if (!go_on) done.problem = LayerProblem{Reason::staging, go_on.error().what};
  return done;
}

Unpacking list_deflated(ContainerKind kind, Bytes file, const UnpackLimits& limits,
                        const UseContentId& use) {
  ContentIdBuilder content;
  Unpacking done = unpack_deflated(kind, file, limits, [&](Bytes piece) {
    content.update(piece);
    return Result<void>{};
  });
  if (!done.problem && content.bytes() > 0) use(content.finish());
  return done;
}

}  // namespace

void prepare_archive_reader() { static_cast<void>(AnyNames::locale()); }

Unpacking for_each_member(ContainerKind kind, Bytes archive,
                          const std::filesystem::path& temp_directory, const UnpackLimits& limits,
                          const UseMember& use) {
  if (is_deflated(kind)) return read_deflated(kind, archive, temp_directory, limits, use);
  return run_walk(kind, archive, limits, [&](Walk& walk, struct archive_entry* entry) {
    MemberStore store(temp_directory);
    walk.read_member(entry, [&](Bytes piece) { return store.append(piece); });
    // Also of a damaged member: what came out of it is what an unpacker would leave behind.
    if (store.size() == 0) return Walk::Go::on;
    const Result<bool> go_on = store.pass_to(use);
    if (!go_on) walk.note({Reason::staging, go_on.error().what}, Walk::Go::stop);
    return go_on.ok() && *go_on ? Walk::Go::on : Walk::Go::stop;
  });
}

Unpacking for_each_content(ContainerKind kind, Bytes archive, const UnpackLimits& limits,
                           const UseContentId& use) {
  if (is_deflated(kind)) return list_deflated(kind, archive, limits, use);
  return run_walk(kind, archive, limits, [&](Walk& walk, struct archive_entry* entry) {
    ContentIdBuilder content;
    const bool whole = walk.read_member(entry, [&](Bytes piece) {
      content.update(piece);
      return Result<void>{};
    });
    if (whole && content.bytes() > 0) use(content.finish());
    return Walk::Go::on;
  });
}

}  // namespace cordon
