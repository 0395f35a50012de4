#include "clamav/member_scan.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "clamav/large_member.h"

// libarchive in place of the engine's unpackers, because those take at most 2 GiB. It reads the
// archive through positioned reads, so the memory that this takes does not depend on its size, and
// it gives each member as a stream, so neither does it depend on that of a member.

namespace cordon {
namespace {

constexpr std::size_t kChunkBytes = 256U << 10;

/// The archive's bytes, for the library's callbacks.
struct Source {
  const UniqueFd& content;
  std::uint64_t bytes;
  std::uint64_t at = 0;
  std::vector<std::byte> buffer = std::vector<std::byte>(kChunkBytes);

  static la_ssize_t read(struct archive*, void* self, const void** out) {
    Source& source = *static_cast<Source*>(self);
    *out = source.buffer.data();
    const std::uint64_t left = source.bytes - std::min(source.at, source.bytes);
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, left));
    if (wanted == 0) return 0;
    for (int attempt = 0; attempt < 100; ++attempt) {
      const ssize_t n = ::pread(source.content.get(), source.buffer.data(), wanted,
                                static_cast<off_t>(source.at));
      if (n < 0 && errno == EINTR) continue;
      if (n > 0) source.at += static_cast<std::uint64_t>(n);
      return n == 0 ? -1 : n;  // Shorter than it was: not an end, a failure.
    }
    return -1;
  }

  static la_int64_t seek(struct archive*, void* self, la_int64_t offset, int whence) {
    Source& source = *static_cast<Source*>(self);
    const auto size = static_cast<la_int64_t>(source.bytes);
    const la_int64_t from = whence == SEEK_SET   ? 0
                            : whence == SEEK_CUR ? static_cast<la_int64_t>(source.at)
                                                 : size;
    // Offsets come from the archive.
    if (offset > size - from || offset < -from) return ARCHIVE_FATAL;
    source.at = static_cast<std::uint64_t>(from + offset);
    return from + offset;
  }

  static la_int64_t skip(struct archive*, void* self, la_int64_t wanted) {
    Source& source = *static_cast<Source*>(self);
    const la_int64_t left = static_cast<la_int64_t>(source.bytes - source.at);
    const la_int64_t skipped = std::clamp<la_int64_t>(wanted, 0, left);
    source.at += static_cast<std::uint64_t>(skipped);
    return skipped;
  }
};

struct CloseReader {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<struct archive, CloseReader>;

void enable_zip(struct archive* reader) { archive_read_support_format_zip_seekable(reader); }
void enable_from_front(struct archive* reader) {
  archive_read_support_format_zip_streamable(reader);
}
void enable_7z(struct archive* reader) { archive_read_support_format_7zip(reader); }
void enable_tar(struct archive* reader) {
  archive_read_support_format_tar(reader);
  // What follows the end mark of a tar is read by some who unpack it.
  archive_read_set_option(reader, "tar", "read_concatenated_archives", "1");
}

/// Only filters that the library itself decodes: for others it would start a program.
void enable_compressed(struct archive* reader) {
  archive_read_support_filter_gzip(reader);
  archive_read_support_filter_bzip2(reader);
  archive_read_support_filter_xz(reader);
  archive_read_support_filter_zstd(reader);
  archive_read_support_filter_lz4(reader);
  archive_read_support_filter_lzip(reader);
  archive_read_support_filter_lzma(reader);
  archive_read_support_filter_compress(reader);
  enable_tar(reader);
  archive_read_support_format_raw(reader);  // Whatever else: one member.
  archive_read_support_format_empty(reader);
}

void enable_nothing(struct archive*) {}

using Enable = void (*)(struct archive*);
Enable enable_for(LargeForm form) {
  switch (form) {
    case LargeForm::zip:
      return enable_zip;
    case LargeForm::seven_zip:
      return enable_7z;
    case LargeForm::tar:
      return enable_tar;
    case LargeForm::compressed:
      return enable_compressed;
    case LargeForm::opaque:
    case LargeForm::closed:
      return enable_nothing;
  }
  return enable_nothing;
}

std::string words_of(struct archive* reader) {
  const char* words = archive_error_string(reader);
  return words == nullptr ? "no reason given" : std::string(words).substr(0, 200);
}

LayerProblem locked() { return {Reason::encrypted, "password-protected archive"}; }

/// The library follows a stray pointer when it is asked before it knows the format.
bool has_locked_members(struct archive* reader) {
  return archive_format(reader) != 0 && archive_read_has_encrypted_entries(reader) > 0;
}

LayerProblem unreadable(struct archive* reader) {
  const std::string words = words_of(reader);
  const bool is_locked = words.find("ncrypt") != std::string::npos ||
                         words.find("rypto") != std::string::npos ||
                         words.find("assphrase") != std::string::npos || has_locked_members(reader);
  if (is_locked) return locked();
  return {Reason::unsupported, "the archive could not be unpacked: " + words};
}

Reader reader_of(Source& source, Enable enable_formats) {
  Reader reader(archive_read_new());
  if (!reader) return reader;
  enable_formats(reader.get());
  archive_read_set_read_callback(reader.get(), &Source::read);
  archive_read_set_seek_callback(reader.get(), &Source::seek);
  archive_read_set_skip_callback(reader.get(), &Source::skip);
  archive_read_set_callback_data(reader.get(), &source);
  // What is wrong with the archive shows again, with its words, at the first header.
  static_cast<void>(archive_read_open1(reader.get()));
  return reader;
}

/// One archive: the loop over its members.
class Members {
 public:
  Members(LargeForm form, const UniqueFd& content, std::uint64_t bytes,
          const MemberScanSettings& settings, VerdictSum& sum)
      : form_(form), source_{.content = content, .bytes = bytes}, settings_(settings), sum_(sum) {}

  Result<void> scan() {
    CORDON_TRY(open_file());
    CORDON_TRY(open_reader());
    for (; members_ < settings_.members_max; ++members_) {
      struct archive_entry* entry = nullptr;
      const int found = archive_read_next_header(reader_.get(), &entry);
      if (found == ARCHIVE_EOF) return at_end();
      if (found < ARCHIVE_WARN) {
        note(unreadable(reader_.get()));
        return {};
      }
      CORDON_TRY(const Go go, scan_member(entry));
      if (go == Go::stop) return {};
    }
    note({Reason::limit,
          "the archive has more than " + std::to_string(settings_.members_max) + " members"});
    return {};
  }

 private:
  enum class Go : std::uint8_t { on, stop };

  Result<void> open_file() {
    std::string name = (settings_.temp_directory / "member-XXXXXX").string();
    file_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!file_) {
      return Error{Errc::unavailable, errno_error("no temporary file for members", errno).what};
    }
    ::unlink(name.c_str());
    return {};
  }

  Result<void> open_reader() {
    reader_ = reader_of(source_, enable_for(form_));
    if (reader_) return {};
    return Error{Errc::unavailable, "no memory for the archive reader"};
  }

  Result<Go> scan_member(struct archive_entry* entry) {
    if (form_ == LargeForm::compressed && archive_filter_count(reader_.get()) < 2) {
      note({Reason::unsupported, "the compressed file is damaged"});
      return Go::stop;
    }
    if (archive_entry_is_encrypted(entry) != 0) {
      note(locked());
      return sum_.is_infected() ? Go::stop : Go::on;
    }
    if (::ftruncate(file_.get(), 0) != 0) {
      return Error{Errc::unavailable, errno_error("emptying a temporary file", errno).what};
    }
    LargeMember member(file_, settings_);
    const la_int64_t said = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
    const auto declared = static_cast<std::uint64_t>(std::max<la_int64_t>(said, 0));
    member.expect(declared);
    CORDON_TRY(const Go go, unpack(member));
    if (!damaged_ && go == Go::on && member.size() < declared) {
      note({Reason::unsupported, "an archive member ends too early"});
    }
    // Also of a damaged member: what came out of it is what an unpacker would leave behind.
    Result<Verdict> verdict = std::move(member).finish();
    if (!verdict) return failed(verdict.error());
    const std::uint64_t scanned = verdict->bytes_scanned;
    sum_.add(std::move(*verdict), 0, scanned);
    return sum_.is_infected() ? Go::stop : go;
  }

  /// Whatever type the archive claims: a "directory" with content would unpack to a file elsewhere.
  Result<Go> unpack(LargeMember& member) {
    damaged_ = false;
    // Ends: with the member, a limit, or the time.
    for (;;) {
      if (settings_.should_stop()) return Error{Errc::timeout, "the scan took too long"};
      const la_ssize_t n = archive_read_data(reader_.get(), chunk_.data(), chunk_.size());
      if (n == 0) return Go::on;
      if (n == ARCHIVE_RETRY) continue;
      if (n < 0) {
        damaged_ = true;
        note(unreadable(reader_.get()));
        return n == ARCHIVE_FATAL ? Go::stop : Go::on;
      }
      const auto count = static_cast<std::size_t>(n);
      unpacked_ += count;
      if (unpacked_ > settings_.unpacked_bytes_max) {
        note({Reason::limit, "the archive unpacks to more than " +
                                 std::to_string(settings_.unpacked_bytes_max) + " bytes"});
        return Go::stop;
      }
      const Result<void> kept = member.append(std::span(chunk_).first(count));
      if (!kept) return failed(kept.error());
      if (member.is_infected()) return Go::stop;
    }
  }

  /// No space for a member is a verdict, as it is for smaller objects; the rest is the caller's.
  Result<Go> failed(const Error& error) {
    if (error.cause != ErrorCause::staging) return error;
    note({Reason::staging, error.what});
    return Go::stop;
  }

  Result<void> at_end() {
    if (has_locked_members(reader_.get())) note(locked());
    if (members_ == 0) note({Reason::unsupported, "the archive lists nothing"});
    if (form_ == LargeForm::zip) return compare_with_list();
    return {};
  }

  /// A zip is read by its list, at the end; some who unpack it read it from the front and find
  /// members that the list conceals. (Behind other data nobody can read it from the front.)
  Result<void> compare_with_list() {
    source_.at = 0;
    const Reader from_front = reader_of(source_, enable_from_front);
    if (!from_front) return Error{Errc::unavailable, "no memory for the archive reader"};
    std::uint64_t found = 0;
    for (; found <= members_; ++found) {
      if (settings_.should_stop()) return Error{Errc::timeout, "the scan took too long"};
      struct archive_entry* entry = nullptr;
      const int header = archive_read_next_header(from_front.get(), &entry);
      if (header == ARCHIVE_EOF) break;
      if (header < ARCHIVE_WARN && found == 0 && archive_format(from_front.get()) == 0) return {};
      if (header < ARCHIVE_WARN) {
        note({Reason::unsupported,
              "the zip cannot be read from its front: " + words_of(from_front.get())});
        return {};
      }
    }
    if (found == members_) return {};
    note({Reason::unsupported, "the zip holds other members than it lists"});
    return {};
  }

  void note(const LayerProblem& problem) { sum_.note(settings_.verdict_of(problem)); }

  const LargeForm form_;
  Source source_;
  const MemberScanSettings& settings_;
  VerdictSum& sum_;
  UniqueFd file_;
  Reader reader_;
  std::vector<std::byte> chunk_ = std::vector<std::byte>(kChunkBytes);
  std::uint64_t members_ = 0;
  std::uint64_t unpacked_ = 0;
  bool damaged_ = false;
};

}  // namespace

Result<void> scan_members(LargeForm form, const UniqueFd& content, std::uint64_t bytes,
                          const MemberScanSettings& settings, VerdictSum& sum) {
  return Members(form, content, bytes, settings, sum).scan();
}

}  // namespace cordon
