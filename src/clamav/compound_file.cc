#include "clamav/compound_file.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "clamav/member_giver.h"
#include "clamav/powerpoint_objects.h"

// [MS-CFB]: a file of sectors that one table chains, like a file system's. Short streams lie in
// mini sectors, which a second table chains; these are pieces of one ordinary stream, the root's.
// Nothing in the tables is believed further than the file's own size.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::size_t kHeaderBytes = 512;
constexpr std::size_t kEntryBytes = 128;
constexpr std::size_t kTablesInHeader = 109;
constexpr std::uint32_t kSectorMax = 0xFFFFFFFA;  // Above: free, end of chain, tables.
constexpr std::uint32_t kEndOfChain = 0xFFFFFFFE;
constexpr std::uint64_t kMiniSectorBytes = 64;
constexpr std::uint64_t kMiniStreamBytesMax = 4096;

std::uint64_t little(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  }
  return value;
}

std::uint32_t little32(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(little(bytes, at, 4));
}

struct Entry {
  Bytes name;
  unsigned type = 0;
  std::uint32_t first = 0;
  std::uint64_t size = 0;
};

/// `name` is in UTF-16, as the directory has it.
bool is_named(const Entry& entry, std::string_view name) {
  return std::ranges::equal(entry.name.first(name.size()), std::as_bytes(std::span(name)));
}

class CompoundReader {
 public:
  CompoundReader(Bytes file, const std::filesystem::path& temp_directory,
                 const UnpackLimits& limits, const UseMember& use)
      : file_(file), giver_(temp_directory, limits, use), left_(4 * file.size() + (1U << 20)) {}

  Unpacking read() {
    if (read_header()) {
      load_table();
      mini_table_ = chain_from(little32(file_, 60), tables_);
      directory_ = chain_from(little32(file_, 48), tables_);
      if (!ends_well(directory_)) damaged("the directory of a compound file is cut off");
      find_mini_stream();
      each_entry([&](const Entry& entry) { return entry.type != 2 || give_stream(entry); });
    }
    return std::move(giver_).result();
  }

 private:
  enum class Kind : std::uint8_t { sectors, mini_sectors };

  bool damaged(const char* message) {
    giver_.note(Reason::unsupported, message);
    return false;
  }

  bool read_header();
  void load_table();
  void find_mini_stream();
  template <typename Handle>
  void each_entry(const Handle& handle);
  bool give_stream(const Entry& entry);
  bool give_chain(const Entry& entry, Kind kind);
  bool collect(const Entry& entry, Kind kind, std::vector<Bytes>& pieces);
  /// The bytes of one sector, fewer at the file's end, none outside.
  Bytes sector(std::uint32_t number) const;
  Bytes mini_sector(std::uint32_t number) const;
  static std::uint32_t next_of(std::uint32_t number, const std::vector<std::uint32_t>& tables,
                               const CompoundReader& reader);
  /// A chain of the table that ends where the table says so.
  bool ends_well(const std::vector<std::uint32_t>& chain) const {
    return !chain.empty() && next_of(chain.back(), tables_, *this) == kEndOfChain;
  }
  std::vector<std::uint32_t> chain_from(std::uint32_t first,
                                        const std::vector<std::uint32_t>& tables) const;

  Bytes file_;
  MemberGiver giver_;
  std::uint64_t left_;  ///< Bytes that may still be given: sectors may belong to several streams.
  std::size_t shift_ = 9;
  std::vector<std::uint32_t> tables_;       ///< The sectors of the table (FAT), in order.
  std::vector<std::uint32_t> mini_table_;   ///< Of the mini table.
  std::vector<std::uint32_t> mini_stream_;  ///< Of the stream that mini sectors lie in.
  std::vector<std::uint32_t> directory_;
};

bool CompoundReader::read_header() {
  if (file_.size() < kHeaderBytes) return damaged("a compound file is cut off");
  const std::uint64_t shift = little(file_, 30, 2);
  // Some writers of version 3 use other sectors than the 512 bytes that it has.
  if (shift < 7 || shift > 16 || little(file_, 32, 2) != 6) {
    return damaged("a compound file has sectors of an unknown size");
  }
  if (little(file_, 28, 2) != 0xFFFE) return damaged("a compound file in an unknown byte order");
  shift_ = static_cast<std::size_t>(shift);
  return true;
}

Bytes CompoundReader::sector(std::uint32_t number) const {
  const std::uint64_t begin = (std::uint64_t{number} + 1) << shift_;
  if (begin >= file_.size()) return {};
  const Bytes rest = file_.subspan(static_cast<std::size_t>(begin));
  return rest.first(std::min(rest.size(), std::size_t{1} << shift_));
}

/// The table's sectors are listed in the header, and then in a chain of sectors of their own.
void CompoundReader::load_table() {
  const std::size_t sectors = file_.size() >> shift_;
  const auto add = [&](std::uint32_t number) {
    if (tables_.size() < sectors) tables_.push_back(number);
  };
  for (std::size_t i = 0; i < kTablesInHeader; ++i) add(little32(file_, 76 + 4 * i));
  const std::size_t slots = (std::size_t{1} << shift_) / 4;
  std::uint32_t list = little32(file_, 68);
  const bool has_lists = little32(file_, 72) > 0;
  for (std::size_t steps = 0; list < kSectorMax && steps < sectors; ++steps) {
    const Bytes slots_of = sector(list);
    if (slots_of.size() < 4 * slots) {
      // Some writers leave anything in the field of a file that has no such chain.
      if (has_lists) damaged("the tables of a compound file are cut off");
      break;
    }
    for (std::size_t i = 0; i + 1 < slots; ++i) add(little32(slots_of, 4 * i));
    list = little32(slots_of, 4 * (slots - 1));
  }
  while (!tables_.empty() && tables_.back() >= kSectorMax) tables_.pop_back();
}

std::uint32_t CompoundReader::next_of(std::uint32_t number,
                                      const std::vector<std::uint32_t>& tables,
                                      const CompoundReader& reader) {
  const std::size_t slots = (std::size_t{1} << reader.shift_) / 4;
  const std::size_t table = number / slots;
  if (table >= tables.size()) return kSectorMax;
  const Bytes bytes = reader.sector(tables[table]);
  const std::size_t at = number % slots * 4;
  return at + 4 <= bytes.size() ? little32(bytes, at) : kSectorMax;
}

/// The sectors of one chain that lie in the file. A chain that is longer than the file loops.
std::vector<std::uint32_t> CompoundReader::chain_from(
    std::uint32_t first, const std::vector<std::uint32_t>& tables) const {
  std::vector<std::uint32_t> chain;
  const std::size_t sectors = (file_.size() >> shift_) + 1;
  for (std::uint32_t at = first; at < kSectorMax && chain.size() < sectors;
       at = next_of(at, tables, *this)) {
    if (sector(at).empty()) break;
    chain.push_back(at);
  }
  return chain;
}

template <typename Handle>
void CompoundReader::each_entry(const Handle& handle) {
  for (const std::uint32_t number : directory_) {
    const Bytes entries = sector(number);
    for (std::size_t at = 0; at + kEntryBytes <= entries.size(); at += kEntryBytes) {
      const Bytes bytes = entries.subspan(at, kEntryBytes);
      Entry entry{.name = bytes.first(64),
                  .type = std::to_integer<unsigned>(bytes[66]),
                  .first = little32(bytes, 116),
                  .size = little(bytes, 120, 8)};
      // [MS-CFB] 2.6.1: version 3 writers may leave anything in the upper half.
      if (little(file_, 26, 2) == 3) entry.size &= 0xFFFFFFFFU;
      if (!handle(entry)) return;
    }
  }
}

void CompoundReader::find_mini_stream() {
  each_entry([&](const Entry& entry) {
    if (entry.type == 5) mini_stream_ = chain_from(entry.first, tables_);
    return entry.type != 5;
  });
}

Bytes CompoundReader::mini_sector(std::uint32_t number) const {
  const std::uint64_t begin = std::uint64_t{number} * kMiniSectorBytes;
  const auto index = static_cast<std::size_t>(begin >> shift_);
  if (index >= mini_stream_.size()) return {};
  const Bytes around = sector(mini_stream_[index]);
  const auto at = static_cast<std::size_t>(begin & ((std::uint64_t{1} << shift_) - 1));
  if (at >= around.size()) return {};
  return around.subspan(at, std::min<std::size_t>(around.size() - at, kMiniSectorBytes));
}

bool CompoundReader::give_stream(const Entry& entry) {
  if (entry.size == 0) return giver_.may_go_on();
  const Kind kind = entry.size < kMiniStreamBytesMax ? Kind::mini_sectors : Kind::sectors;
  if (!give_chain(entry, kind)) return false;
  // Readers differ in whether they believe the header about where short streams end.
  const Kind other = entry.size < little32(file_, 56) ? Kind::mini_sectors : Kind::sectors;
  return other == kind || give_chain(entry, other);
}

/// The pieces of a stream, neighbours joined. False when they are not all of it.
bool CompoundReader::collect(const Entry& entry, Kind kind, std::vector<Bytes>& pieces) {
  const bool mini = kind == Kind::mini_sectors;
  const std::uint64_t unit = mini ? kMiniSectorBytes : std::uint64_t{1} << shift_;
  std::uint64_t left = entry.size;
  std::uint64_t steps = file_.size() / unit + 1;
  for (std::uint32_t at = entry.first; left > 0 && at < kSectorMax && steps > 0; --steps) {
    Bytes piece = mini ? mini_sector(at) : sector(at);
    const bool cut_off = piece.size() < std::min(unit, left);
    piece = piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), left)));
    if (piece.empty()) return false;
    if (!pieces.empty() && pieces.back().data() + pieces.back().size() == piece.data()) {
      pieces.back() = Bytes(pieces.back().data(), pieces.back().size() + piece.size());
    } else {
      pieces.push_back(piece);
    }
    left -= piece.size();
    if (cut_off) return false;
    at = next_of(at, mini ? mini_table_ : tables_, *this);
  }
  return left == 0;
}

bool CompoundReader::give_chain(const Entry& entry, Kind kind) {
  std::vector<Bytes> pieces;
  if (!collect(entry, kind, pieces)) damaged("a stream of a compound file is cut off");
  std::uint64_t size = 0;
  for (const Bytes piece : pieces) size += piece.size();
  if (size > left_) return giver_.fail(Reason::limit, "streams share a compound file's sectors");
  left_ -= size;
  constexpr auto kNative = "\x01\0O\0l\0e\0001\0000\0N\0a\0t\0i\0v\0e\0"sv;
  constexpr auto kSlides = "P\0o\0w\0e\0r\0P\0o\0i\0n\0t\0 \0D\0o\0c\0u\0m\0e\0n\0t\0"sv;
  const bool is_package = is_named(entry, kNative);
  const bool has_objects = is_named(entry, kSlides);
  const auto give = [&](Bytes content) {
    if (!giver_.give(content)) return false;
    const auto file = is_package ? ole_package_content(content) : std::nullopt;
    if (file && !giver_.give(*file)) return false;
    return !has_objects || give_powerpoint_objects(content, giver_);
  };
  if (pieces.size() == 1) return give(pieces.front());
  if (is_package || has_objects) {
    std::vector<std::byte> content;
    for (const Bytes piece : pieces) content.insert(content.end(), piece.begin(), piece.end());
    return give(content);
  }
  for (const Bytes piece : pieces) {
    if (!giver_.add(piece)) return false;
  }
  return giver_.give_gathered();
}

/// Over a text that ends with a zero byte.
Result<void> skip_text(ByteReader& in) {
  for (;;) {
    CORDON_TRY(const std::uint8_t c, in.u8());
    if (c == 0) return {};
  }
}

Result<Bytes> file_in_package(ByteReader in) {
  CORDON_TRY(const std::uint16_t flags, in.u16());
  if (flags != 2) return Error{Errc::invalid, "not a package"};
  CORDON_TRY(skip_text(in));  // The label
  CORDON_TRY(skip_text(in));  // and the path it had.
  CORDON_TRY(const std::uint32_t form, in.u32());
  if (form >> 16U != 3) return Error{Errc::invalid, "a package that only links"};
  CORDON_TRY(const std::uint32_t path_bytes, in.u32());
  CORDON_TRY(const Bytes path, in.bytes(path_bytes));
  (void)path;
  CORDON_TRY(const std::uint32_t bytes, in.u32());
  return in.bytes(std::min<std::size_t>(bytes, in.left()));
}

}  // namespace

bool is_compound_file(Bytes content) {
  constexpr auto kMark = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv;
  return content.size() >= kMark.size() &&
         std::ranges::equal(content.first(kMark.size()), std::as_bytes(std::span(kMark)));
}

Unpacking read_compound_file(Bytes file, const std::filesystem::path& temp_directory,
                             const UnpackLimits& limits, const UseMember& use) {
  return CompoundReader(file, temp_directory, limits, use).read();
}

std::optional<Bytes> ole_package_content(Bytes native) {
  if (native.size() <= 4) return std::nullopt;
  const Bytes behind_size = native.subspan(4);
  const Result<Bytes> file = file_in_package(ByteReader(behind_size));
  if (file.ok()) return *file;
  // Some have no size in front.
  const Result<Bytes> bare = file_in_package(ByteReader(native));
  if (bare.ok()) return *bare;
  return behind_size;
}

}  // namespace cordon
