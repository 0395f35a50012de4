#include "clamav/volume_locks.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

using namespace std::string_literals;

std::string_view locked(std::string_view bytes) {
  return locked_volume(as_bytes_of(bytes)).value_or("");
}

void put(std::string& image, std::size_t at, std::string_view bytes) {
  image.resize(std::max(image.size(), at + bytes.size()), '\0');
  image.replace(at, bytes.size(), bytes);
}

void put_number(std::string& image, std::size_t at, std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFFU);
  put(image, at, text);
}

void put_mbr_entry(std::string& image, std::size_t table, int entry, char type,
                   std::uint32_t first) {
  const std::size_t at = table + 446 + 16 * static_cast<std::size_t>(entry);
  put(image, at + 4, std::string(1, type));
  put_number(image, at + 8, first, 4);
  put(image, table + 510, "\x55\xAA");
}

std::string luks() { return "LUKS\xBA\xBE\0\2"s + std::string(1000, '\x9C'); }
std::string bitlocker() { return "\xEB\x58\x90-FVE-FS-" + std::string(1000, '\x9C'); }

TEST(VolumeLocks, NamesVolumes) {
  std::string to_go = "\xEB\x58\x90MSWIN4.1";
  put(to_go, 0x1A8, "\x3B\xD6\x67\x49\x29\x2E\xD8\x4A\x83\x99\xF6\xA3\x39\xE3\xD0\x01"s);
  std::string second(0x20000, '\0');
  put(second, 0x8000, "SKUL\xBA\xBE\0\2"s);

  EXPECT_EQ(locked(luks()), "LUKS volume");
  EXPECT_EQ(locked(second), "LUKS volume");
  EXPECT_EQ(locked(bitlocker()), "BitLocker volume");
  EXPECT_EQ(locked(to_go), "BitLocker volume");
}

TEST(VolumeLocks, LooksAtThePartitionsOfDisks) {
  std::string mbr;
  put_mbr_entry(mbr, 0, 0, 0x0C, 4);
  put_mbr_entry(mbr, 0, 1, '\x83', 8);
  put(mbr, 8 * 512, luks());
  EXPECT_EQ(locked(mbr), "LUKS volume");

  std::string extended;
  put_mbr_entry(extended, 0, 0, 5, 16);
  put_mbr_entry(extended, 16 * 512, 0, '\x83', 2);
  put_mbr_entry(extended, 16 * 512, 1, 5, 16);
  put_mbr_entry(extended, 32 * 512, 0, 7, 2);
  put(extended, 34 * 512, bitlocker());
  EXPECT_EQ(locked(extended), "BitLocker volume");

  for (const std::size_t sector : {512U, 4096U}) {
    std::string gpt;
    put_mbr_entry(gpt, 0, 0, '\xEE', 1);
    put(gpt, sector, "EFI PART");
    put_number(gpt, sector + 72, 2, 8);
    put_number(gpt, sector + 80, 4, 4);
    put_number(gpt, sector + 84, 128, 4);
    put_number(gpt, 2 * sector + 128 + 32, 40, 8);
    put(gpt, 40 * sector, luks());
    EXPECT_EQ(locked(gpt), "LUKS volume") << sector;
  }
}

TEST(VolumeLocks, LeavesOpenVolumesAlone) {
  std::string fat = "\xEB\x58\x90MSWIN4.1" + std::string(2000, '\0');
  std::string mbr;
  put_mbr_entry(mbr, 0, 0, 0x0C, 4);
  put(mbr, 4 * 512, fat);
  std::string circle;
  put_mbr_entry(circle, 0, 0, 5, 1);
  put_mbr_entry(circle, 512, 0, 5, 0xFFFFFFFF);
  std::string outside;
  put_mbr_entry(outside, 0, 0, 0x0C, 0xFFFFFFFF);

  EXPECT_EQ(locked(""), "");
  EXPECT_EQ(locked(fat), "");
  EXPECT_EQ(locked(mbr), "");
  EXPECT_EQ(locked(circle), "");
  EXPECT_EQ(locked(outside), "");
  EXPECT_EQ(locked("LUKS is a format of encrypted volumes."), "");
}

}  // namespace
}  // namespace cordon
