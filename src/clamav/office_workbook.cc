#include "clamav/office_workbook.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include "clamav/compound_directory.h"
#include "clamav/layer_bytes.h"
#include "clamav/office_package.h"
#include "clamav/workbook_cipher.h"

// [MS-XLS] 2.1.4: a stream of records, each with a type, a size and data. Types and sizes are not
// encrypted, so that a reader can step over records; nor are some records that it needs before it
// knows how to decrypt (2.2.10).

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::uint16_t kFilePass = 0x002F;
constexpr std::uint16_t kBof = 0x0809;
constexpr std::uint16_t kBoundSheet = 0x0085;
/// A type that [MS-XLS] 2.3.1 does not have: readers step over it.
constexpr std::byte kNoType{0xFF};
/// Beside these two: InterfaceHdr, UsrExcl, FileLock, RRDInfo, RRDHead.
constexpr std::array<std::uint16_t, 7> kNeverEncrypted = {kBof,   kFilePass, 0x00E1, 0x0194,
                                                          0x0195, 0x0196,    0x0138};

struct Record {
  std::uint64_t at = 0;
  std::uint16_t type = 0;
  std::span<std::byte> data;
};

constexpr std::size_t kHeaderBytes = 4;

/// Nothing when it does not fit.
std::optional<Record> record_at(std::span<std::byte> stream, std::size_t at) {
  if (stream.size() - at < kHeaderBytes) return std::nullopt;
  const std::size_t bytes = little_endian<std::uint16_t>(stream, at + 2);
  if (bytes > stream.size() - at - kHeaderBytes) return std::nullopt;
  return Record{.at = at,
                .type = little_endian<std::uint16_t>(stream, at),
                .data = stream.subspan(at + kHeaderBytes, bytes)};
}

/// Behind the first records of the workbook: which one of them says how the rest is encrypted.
std::optional<Record> file_pass_of(std::span<std::byte> stream) {
  constexpr int kRecordsMax = 4;
  std::size_t at = 0;
  for (int i = 0; i < kRecordsMax; ++i) {
    const auto record = record_at(stream, at);
    if (!record || (i == 0 && record->type != kBof)) return std::nullopt;
    if (record->type == kFilePass) return record;
    at += kHeaderBytes + record->data.size();
  }
  return std::nullopt;
}

/// In place. False when the records do not lead to the end, a sheet begins where none of them does,
/// or there is a second lock: then another reader would find something else.
bool decrypt_records(std::span<std::byte> stream, WorkbookCipher cipher) {
  constexpr std::size_t kPlaceBytes = 4;  // Where a sheet begins is not encrypted.
  std::set<std::uint64_t> begins;
  std::set<std::uint64_t> sheets;
  int locks = 0;
  std::size_t at = 0;
  while (stream.size() - at >= kHeaderBytes) {
    const auto record = record_at(stream, at);
    if (!record) return false;
    at += kHeaderBytes + record->data.size();
    if (record->type == kBof) begins.insert(record->at);
    locks += record->type == kFilePass ? 1 : 0;
    if (std::ranges::find(kNeverEncrypted, record->type) != kNeverEncrypted.end()) continue;
    std::array<std::byte, kPlaceBytes> place{};
    const bool is_sheet = record->type == kBoundSheet && record->data.size() >= kPlaceBytes;
    if (is_sheet) std::ranges::copy(record->data.first(kPlaceBytes), place.begin());
    if (!cipher.decrypt(record->at + kHeaderBytes, record->data)) return false;
    if (!is_sheet) continue;
    std::ranges::copy(place, record->data.begin());
    sheets.insert(little_endian<std::uint32_t>(place, 0));
  }
  return locks == 1 && std::ranges::includes(begins, sheets);
}

/// False when it is not locked, or cannot be opened. Its lock is taken out.
bool open_stream(std::span<std::byte> stream) {
  const auto file_pass = file_pass_of(stream);
  if (!file_pass) return false;
  auto cipher = WorkbookCipher::open(file_pass->data);
  if (!cipher || !decrypt_records(stream, *std::move(cipher))) return false;
  const auto at = static_cast<std::size_t>(file_pass->at);
  stream[at] = stream[at + 1] = kNoType;
  return true;
}

}  // namespace

std::optional<std::vector<std::byte>> open_office_workbook(Bytes compound_file) {
  if (compound_file.size() > kOfficePackageBytesMax) return std::nullopt;
  const auto directory = CompoundDirectory::open(compound_file);
  if (!directory) return std::nullopt;
  std::optional<std::vector<std::byte>> opened;
  for (const std::string_view name : {"Workbook"sv, "Book"sv}) {
    const auto places = directory->places(name, compound_file.size());
    if (!places) continue;
    std::vector<std::byte> stream = joined(compound_file, *places);
    if (!open_stream(stream)) continue;
    if (!opened) opened.emplace(compound_file.begin(), compound_file.end());
    std::size_t taken = 0;
    for (const Extent& place : *places) {
      const auto bytes = static_cast<std::size_t>(place.bytes);
      std::ranges::copy(Bytes(stream).subspan(taken, bytes),
                        opened->begin() + static_cast<std::ptrdiff_t>(place.offset));
      taken += bytes;
    }
  }
  return opened;
}

}  // namespace cordon
