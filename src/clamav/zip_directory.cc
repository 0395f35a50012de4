#include "clamav/zip_directory.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "clamav/container_kind.h"
#include "clamav/mark_search.h"

// What a zip says about itself, in front of any reader: sizes, locks, methods, whether its two
// lists of members agree, and what neither accounts for. APPNOTE.TXT section 4.3 is the format.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr Mark kEndMark{.bytes = "PK\x05\x06", .rare = 3};
constexpr Mark kEnd64{.bytes = "PK\x06\x06", .rare = 3};
constexpr std::uint32_t kLocator64Mark = 0x07064b50;
constexpr std::uint32_t kMemberMark = 0x02014b50;
constexpr std::uint32_t kLocalMark = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kLocator64Bytes = 20;
constexpr std::size_t kEnd64Bytes = 56;
constexpr std::uint16_t kEncryptedFlag = 0x0001;
constexpr std::uint16_t kStrongEncryptionFlag = 0x0040;
constexpr std::uint16_t kMaskedFlag = 0x2000;  ///< With an encrypted directory.
constexpr std::uint16_t kAesMethod = 99;
/// An attacker may put many false end records into a comment; each costs one look.
constexpr int kEndCandidatesMax = 64;

Error damaged(std::string what) {
  return Error{Errc::invalid, "zip directory: " + std::move(what)};
}

/// `count` bytes at `offset`, if they are inside.
std::optional<Bytes> part(Bytes content, std::uint64_t offset, std::uint64_t count) {
  if (offset > content.size() || count > content.size() - offset) return std::nullopt;
  return content.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
}

template <typename T>
T little(Bytes bytes, std::size_t offset) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(bytes[offset + i])) << 8 * i);
  }
  return value;
}

/// What is shorter is padding or a data descriptor (APPNOTE 4.3.9, 24 bytes with zip64), unless it
/// begins like a container.
constexpr std::uint64_t kPaddingBytesMax = 64;

struct Directory {
  std::uint64_t begin = 0;  ///< In the file.
  std::uint64_t end = 0;    ///< In the file.
  /// Bytes in front of the archive; offsets count from behind them. Negative: of those in front of
  /// it that they count, so many are not here.
  std::int64_t prefix = 0;
  std::uint64_t entries = 0;
  std::uint64_t behind = 0;  ///< Where the end record stops; a comment may follow.
  std::uint16_t disk = 0;    ///< Of several volumes, which one this is.
};

bool has_locator64(Bytes content, std::uint64_t end_at) {
  if (end_at < kLocator64Bytes + kEnd64Bytes) return false;
  const auto locator = part(content, end_at - kLocator64Bytes, kLocator64Bytes);
  return locator && little<std::uint32_t>(*locator, 0) == kLocator64Mark;
}

/// The zip64 end record that stops where its locator begins; it may carry an extension (4.3.14).
/// Searched for, because the locator counts from the beginning of the archive, which may stand
/// behind something else.
std::optional<std::uint64_t> find_end64(Bytes content, std::uint64_t locator_at) {
  constexpr std::uint64_t kLengthBytes = 12;
  std::optional<std::size_t> at = static_cast<std::size_t>(locator_at - kEnd64Bytes + 1);
  for (int i = 0; i < kEndCandidatesMax; ++i) {
    at = find_last_mark(content, kEnd64, *at);
    if (!at) return std::nullopt;
    const auto length = little<std::uint64_t>(content.subspan(*at), 4);
    if (length == locator_at - *at - kLengthBytes) return *at;
  }
  return std::nullopt;
}

/// Where the directory is, given one end record. Nothing when the record cannot be a real one.
std::optional<Directory> located(Bytes content, std::uint64_t end_at) {
  const auto end = part(content, end_at, kEndBytes);
  if (!end) return std::nullopt;
  Directory directory;
  directory.entries = little<std::uint16_t>(*end, 10);
  std::uint64_t size = little<std::uint32_t>(*end, 12);
  std::uint64_t offset = little<std::uint32_t>(*end, 16);
  directory.end = end_at;
  directory.behind = end_at + kEndBytes;
  directory.disk = little<std::uint16_t>(*end, 4);
  if (has_locator64(content, end_at)) {
    const auto end64_at = find_end64(content, end_at - kLocator64Bytes);
    const auto end64 = end64_at ? part(content, *end64_at, kEnd64Bytes) : std::nullopt;
    if (!end64) return std::nullopt;
    // 4.4.1.4: a field of all ones stands in the longer record.
    if (directory.disk == 0xFFFF) {
      directory.disk = static_cast<std::uint16_t>(
          std::min<std::uint32_t>(little<std::uint32_t>(*end64, 16), 0xFFFFU));
    }
    directory.entries = little<std::uint64_t>(*end64, 32);
    size = little<std::uint64_t>(*end64, 40);
    offset = little<std::uint64_t>(*end64, 48);
    directory.end = *end64_at;
  } else if (offset == 0xFFFFFFFFU && size <= directory.end) {
    // Writers into a pipe leave the longer record out: then nothing is in front.
    offset = directory.end - size;
  }
  constexpr std::uint64_t kOffsetMax = std::uint64_t{1} << 62;
  if (size > directory.end || offset > kOffsetMax) return std::nullopt;
  directory.begin = directory.end - size;
  directory.prefix = static_cast<std::int64_t>(directory.begin) - static_cast<std::int64_t>(offset);
  return directory;
}

struct Member {
  Bytes data = {};  ///< As it is packed.
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t sum = 0;
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  std::uint64_t local_at = 0;
  std::uint64_t record_bytes = 0;
};

/// APPNOTE 4.5.3: the fields are there in this order, each only if its 32-bit form is all ones.
/// Writers leave all kinds of things in this area; only a field that is needed must be right.
Result<void> read_zip64_sizes(Bytes extra, Member& member) {
  const std::array fields = {&member.unpacked, &member.packed, &member.local_at};
  const auto is_long = [](const std::uint64_t* value) { return *value == 0xFFFFFFFFU; };
  if (std::ranges::none_of(fields, is_long)) return {};
  ByteReader in(extra);
  while (in.left() >= 4) {
    CORDON_TRY(const std::uint16_t id, in.u16());
    CORDON_TRY(const std::uint16_t length, in.u16());
    CORDON_TRY(const Bytes body, in.bytes(length));
    if (id != 0x0001) continue;
    ByteReader values(body);
    for (std::uint64_t* value : fields) {
      if (!is_long(value)) continue;
      CORDON_TRY(*value, values.u64());
    }
    return {};
  }
  return {};
}

Result<Member> read_member(Bytes content, std::uint64_t at, std::uint64_t end) {
  constexpr std::size_t kFixed = 46;
  const auto fixed = part(content.first(static_cast<std::size_t>(end)), at, kFixed);
  if (!fixed || little<std::uint32_t>(*fixed, 0) != kMemberMark) {
    return damaged("a member record is missing");
  }
  const std::uint64_t name = little<std::uint16_t>(*fixed, 28);
  const std::uint64_t extra = little<std::uint16_t>(*fixed, 30);
  const std::uint64_t comment = little<std::uint16_t>(*fixed, 32);
  Member member{.flags = little<std::uint16_t>(*fixed, 8),
                .method = little<std::uint16_t>(*fixed, 10),
                .sum = little<std::uint32_t>(*fixed, 16),
                .packed = little<std::uint32_t>(*fixed, 20),
                .unpacked = little<std::uint32_t>(*fixed, 24),
                .local_at = little<std::uint32_t>(*fixed, 42),
                .record_bytes = kFixed + name + extra + comment};
  const auto fields = part(content, at + kFixed + name, extra);
  if (!fields || member.record_bytes > end - at) return damaged("a member record is cut off");
  if (auto read = read_zip64_sizes(*fields, member); !read) return damaged("broken zip64 field");
  return member;
}

/// True when the member's own header tells something else. With bit 3 its sizes follow the data,
/// and with zip64 they stand elsewhere.
bool contradicts(Bytes local, const Member& member) {
  constexpr std::uint16_t kSizesFollow = 0x0008;
  if ((little<std::uint16_t>(local, 6) & kSizesFollow) != 0) return false;
  const auto differs = [&](std::size_t at, std::uint64_t value) {
    const auto said = little<std::uint32_t>(local, at);
    return said != 0xFFFFFFFFU && said != value;
  };
  return differs(14, member.sum) || differs(18, member.packed) || differs(22, member.unpacked);
}

/// The member's data must lie inside the file, and its local header must tell the same story: a
/// reader that trusts the other header would otherwise unpack something else.
Result<Extent> check_local(Bytes content, const Directory& directory, Member& member,
                           ZipSummary& summary) {
  constexpr std::uint64_t kFixed = 30;
  constexpr std::uint64_t kOffsetMax = std::uint64_t{1} << 62;
  const auto signed_at =
      static_cast<std::int64_t>(std::min(member.local_at, kOffsetMax)) + directory.prefix;
  if (signed_at < 0 || static_cast<std::uint64_t>(signed_at) > directory.begin) {
    return damaged("a member lies outside the file");
  }
  const auto at = static_cast<std::uint64_t>(signed_at);
  const auto fixed = part(content, at, kFixed);
  if (!fixed || little<std::uint32_t>(*fixed, 0) != kLocalMark) {
    return damaged("a member is not where the directory says");
  }
  const std::uint64_t data_at = at + kFixed + little<std::uint16_t>(*fixed, 26) +
                                std::uint64_t{little<std::uint16_t>(*fixed, 28)};
  const auto data = part(content, data_at, member.packed);
  if (!data) return damaged("a member ends outside the file");
  member.data = *data;
  if (little<std::uint16_t>(*fixed, 8) != member.method) {
    return damaged("a member's two headers contradict each other");
  }
  summary.contradicts = summary.contradicts || contradicts(*fixed, member);
  member.flags = static_cast<std::uint16_t>(member.flags | little<std::uint16_t>(*fixed, 6));
  return Extent{.offset = at, .bytes = data_at + member.packed - at};
}

constexpr std::uint16_t kImplode = 6;
constexpr std::uint16_t kDeflate64 = 9;

bool is_engine_only(const Member& member) {
  return member.method == kImplode || member.method == kDeflate64;
}

/// The traditional encryption is the one that keeps the sum of what is inside.
void count_locked(const Member& member, ZipSummary& summary) {
  if (member.packed == 0) return;
  const bool has_sum = (member.flags & (kStrongEncryptionFlag | kMaskedFlag)) == 0 &&
                       member.method != kAesMethod && member.unpacked > kTinyBytes;
  if (has_sum) {
    summary.locked.push_back({.bytes = member.unpacked, .sum = member.sum});
  } else {
    summary.encrypted = true;
  }
}

bool is_locked(const Member& member) {
  constexpr std::uint16_t kFlags = kEncryptedFlag | kStrongEncryptionFlag | kMaskedFlag;
  return (member.flags & kFlags) != 0 || member.method == kAesMethod;
}

void count(const Member& member, ZipSummary& summary) {
  summary.member_bytes_max = std::max(summary.member_bytes_max, member.unpacked);
  if (is_locked(member)) return count_locked(member, summary);
  if (!is_engine_only(member)) return;
  summary.engine_only.push_back({.bytes = member.unpacked, .sum = member.sum});
  if (member.unpacked <= kTinyBytes && member.packed > kPaddingBytesMax) {
    summary.unreadable = true;
  }
}

bool is(Bytes bytes, std::string_view wanted) {
  return std::ranges::equal(bytes, std::as_bytes(std::span(wanted)));
}

/// APPNOTE 5.8.8: a version, the size of the properties, and these; then LZMA, which writes its end
/// or nothing at all.
bool is_empty_lzma(Bytes data) {
  using namespace std::string_view_literals;
  constexpr std::size_t kPropertiesBytes = 9;
  if (data.size() < kPropertiesBytes) return false;
  const Bytes stream = data.subspan(kPropertiesBytes);
  return is(stream, "\0\x83\xFF\xFB\xFF\xFF\xC0\0\0\0"sv) || is(stream, "\0\0\0\0\0"sv);
}

/// A member of no content by the directory, packed to what its method (APPNOTE 4.4.5) makes of
/// nothing: so no reader unpacks anything, whatever it believes. That the member's own header tells
/// the same is looked at for each member.
bool is_empty(const Member& member) {
  using namespace std::string_view_literals;
  if (member.unpacked != 0 || member.sum != 0) return false;
  if (member.packed == 0) return true;
  switch (member.method) {
    case 8:
      return is(member.data, "\x03\0"sv) || is(member.data, "\x01\0\0\xFF\xFF"sv);
    case 12:
      return is_empty_compressed_file(ContainerKind::bzip2, member.data);
    case 14:
      return is_empty_lzma(member.data);
    case 20:  // Zstandard before it had the number 93.
    case 93:
      return is_empty_compressed_file(ContainerKind::zstd, member.data);
    case 95:
      return is_empty_compressed_file(ContainerKind::xz, member.data);
    default:
      return false;
  }
}

bool is_padding(Bytes content, const Extent& piece) {
  const Bytes bytes = content.subspan(static_cast<std::size_t>(piece.offset),
                                      static_cast<std::size_t>(piece.bytes));
  if (piece.bytes <= kPaddingBytesMax) return !container_at_front(bytes).has_value();
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// The pieces between `listed`, which is in any order and may overlap.
Result<std::vector<Extent>> unlisted_pieces(Bytes content, std::vector<Extent> listed) {
  std::ranges::sort(listed, {}, &Extent::offset);
  listed.push_back({.offset = content.size(), .bytes = 0});
  std::vector<Extent> pieces;
  std::uint64_t at = 0;
  for (const Extent& one : listed) {
    const Extent piece{.offset = at, .bytes = one.offset > at ? one.offset - at : 0};
    at = std::max(at, one.offset + one.bytes);
    if (is_padding(content, piece)) continue;
    if (pieces.size() == kZipUnlistedMax) {
      return Error{Errc::throttled, "zip directory: too many pieces between the members"};
    }
    pieces.push_back(piece);
  }
  return pieces;
}

using UseZipMember = std::function<void(const Member&)>;

Result<ZipSummary> read_members(Bytes content, const Directory& directory,
                                const UseZipMember& use) {
  ZipSummary summary{.end = directory.behind};
  if (directory.disk != 0) {
    // Whether the record is real shows in what stands where the directory should be.
    CORDON_TRY(const Member first, read_member(content, directory.begin, directory.end));
    summary.multi_volume = first.record_bytes > 0;
    return summary;
  }
  std::vector<Extent> listed;
  std::uint64_t at = directory.begin;
  while (at < directory.end) {
    if (++summary.entries > kZipEntriesMax) {
      return Error{Errc::throttled, "zip directory: more than 1,000,000 members"};
    }
    CORDON_TRY(Member member, read_member(content, at, directory.end));
    CORDON_TRY(const Extent extent, check_local(content, directory, member, summary));
    listed.push_back(extent);
    count(member, summary);
    use(member);
    at += member.record_bytes;
  }
  // Without zip64 the number of members is written modulo 65,536.
  if ((summary.entries & 0xFFFFU) != (directory.entries & 0xFFFFU)) {
    return damaged("it says " + std::to_string(directory.entries) + " members and has " +
                   std::to_string(summary.entries));
  }
  listed.push_back({.offset = directory.begin, .bytes = directory.behind - directory.begin});
  CORDON_TRY(summary.unlisted, unlisted_pieces(content, std::move(listed)));
  return summary;
}

Error there(Error error, bool is_there) {
  if (is_there) error.cause = ErrorCause::zip_directory_is_there;
  return error;
}

/// Tries one end record after the other, from the back. `use` may see members of a directory that
/// turns out to be none; `restart` is called before each.
Result<ZipSummary> read_directory(Bytes content, const std::function<void()>& restart,
                                  const UseZipMember& use) {
  Result<ZipSummary> answer = Error{Errc::not_found, "zip directory: there is none"};
  if (content.size() < kEndBytes) return answer;
  int candidates = 0;
  bool is_there = false;
  std::optional<std::size_t> found = content.size() - kEndBytes + 1;
  while ((found = find_last_mark(content, kEndMark, *found))) {
    const std::size_t at = *found;
    if (++candidates > kEndCandidatesMax) return there(damaged("too many end records"), true);
    const std::optional<Directory> directory = located(content, at);
    if (!directory) {
      answer = damaged("its end record points outside the file");
      continue;
    }
    is_there = is_there || read_member(content, directory->begin, directory->end).ok();
    restart();
    answer = read_members(content, *directory, use);
    if (answer.ok() || answer.error().code == Errc::throttled) return answer;
  }
  return answer.ok() ? answer : there(answer.error(), is_there);
}

/// APPNOTE 4.3.7 and 4.3.12 with the name "m", for a member at `local_at`.
class PlainZipWriter {
 public:
  void add(const Member& member) {
    if (is_engine_only(member) || is_empty(member)) return;
    fits_ = fits_ && std::max(member.packed, member.unpacked) < 0xFFFFFFFFU &&
            out_.size() + member.packed < kPlainBytesMax;
    if (!fits_) return;
    ByteWriter local;
    local.u32(kLocalMark);
    write_common(member, local);
    local.u8('m');
    const auto local_at = static_cast<std::uint32_t>(out_.size());
    append(out_, std::move(local).take());
    out_.insert(out_.end(), member.data.begin(), member.data.end());
    ByteWriter record;
    record.u32(kMemberMark);
    record.u16(20);
    write_common(member, record);
    for (int i = 0; i < 3; ++i) record.u16(0);  // Comment, disk, attributes.
    record.u32(0);
    record.u32(local_at);
    record.u8('m');
    append(directory_, std::move(record).take());
    ++entries_;
  }

  Result<PlainZip> finish() && {
    if (!fits_) return Error{Errc::throttled, "zip directory: too large to be written anew"};
    ByteWriter end;
    end.u32(0x06054b50);
    end.u32(0);
    end.u16(static_cast<std::uint16_t>(entries_));
    end.u16(static_cast<std::uint16_t>(entries_));
    end.u32(static_cast<std::uint32_t>(directory_.size()));
    end.u32(static_cast<std::uint32_t>(out_.size()));
    end.u16(0);
    out_.insert(out_.end(), directory_.begin(), directory_.end());
    append(out_, std::move(end).take());
    return PlainZip{std::move(out_), entries_};
  }

 private:
  static constexpr std::uint64_t kPlainBytesMax = 512ULL << 20;

  static void append(std::vector<std::byte>& to, const std::string& bytes) {
    const auto from = std::as_bytes(std::span(bytes));
    to.insert(to.end(), from.begin(), from.end());
  }

  /// Version to time, sum, sizes, lengths of name and extra field.
  static void write_common(const Member& member, ByteWriter& out) {
    constexpr std::uint16_t kSizesFollow = 0x0008;
    out.u16(63);
    out.u16(static_cast<std::uint16_t>(member.flags & ~kSizesFollow));
    out.u16(member.method);
    out.u32(0);
    out.u32(member.sum);
    out.u32(static_cast<std::uint32_t>(member.packed));
    out.u32(static_cast<std::uint32_t>(member.unpacked));
    out.u16(1);
    out.u16(0);
  }

  std::vector<std::byte> out_;
  std::vector<std::byte> directory_;
  std::uint64_t entries_ = 0;
  bool fits_ = true;
};

}  // namespace

Result<ZipSummary> read_zip_directory(Bytes content) {
  return read_directory(
      content, [] {}, [](const Member&) {});
}

Result<PlainZip> plain_zip(Bytes content) {
  PlainZipWriter writer;
  CORDON_TRY(const ZipSummary summary,
             read_directory(
                 content, [&] { writer = {}; }, [&](const Member& member) { writer.add(member); }));
  if (summary.multi_volume) return damaged("its members are in other files");
  return std::move(writer).finish();
}

}  // namespace cordon
