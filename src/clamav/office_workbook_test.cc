#include "clamav/office_workbook.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/compound_file_sample.h"
#include "clamav/layer_bytes.h"
#include "clamav/workbook_cipher.h"

// The vectors were made by a program of its own from [MS-XLS] and [MS-OFFCRYPTO] (tests/locked has
// it); LibreOffice opens what that program makes.

namespace cordon {
namespace {

/// BOF, code page, one sheet's place and name, a cell, EOF; the sheet: BOF, a cell, EOF.
constexpr std::string_view kPlain =
    "0908100000060500bb0dcc07000000000600000042000200b00485000d004300000000000500536865657404"
    "02100041206861726d6c6573732063656c6c2e0a0000000908100000061000bb0dcc07000000000600000004"
    "021200412063656c6c20696e20612073686565742e0a000000";
constexpr std::string_view kRc4 =
    "0908100000060500bb0dcc0700000000060000002f003600010001000100000102030405060708090a0b0c0d"
    "0e0f75893a71a012720e88b0c355190404ef7952c14f1ebd3eec4903dea40b7cc25042000200a10b85000d00"
    "7d000000921f718fc1083d614704021000c819082e458095d9a24d0799765449e70a00000009081000000610"
    "00bb0dcc070000000006000000040212009c8ef125910ae62669513ce8610fd80ac13c0a000000";
constexpr std::string_view kCryptoApi =
    "0908100000060500bb0dcc0700000000060000002f00c800010004000200040000007e000000040000000000"
    "00000168000004800000800000000100000000000000000000004d006900630072006f0073006f0066007400"
    "200045006e00680061006e006300650064002000430072007900700074006f00670072006100700068006900"
    "63002000500072006f00760069006400650072002000760031002e0030000000100000000001020304050607"
    "08090a0b0c0d0e0fd450d6e1a56ca0ad1f5f1dbdb38375751400000002d09feac72b2b48ed3d4117812c077c"
    "e90f780e4200020002df85000d000f010000cccab7de006078f49e0402100035ba4f3e455321f6f21c525674"
    "2d8be60a0000000908100000061000bb0dcc07000000000600000004021200dd1c35322070763bfe40d0cb7d"
    "340fe009b50a000000";
constexpr std::string_view kCryptoApi40 =
    "0908100000060500bb0dcc0700000000060000002f00c800010004000200040000007e000000040000000000"
    "00000168000004800000280000000100000000000000000000004d006900630072006f0073006f0066007400"
    "200045006e00680061006e006300650064002000430072007900700074006f00670072006100700068006900"
    "63002000500072006f00760069006400650072002000760031002e0030000000100000000001020304050607"
    "08090a0b0c0d0e0fbc0606fb68c921f8ef09aa4b1091facb14000000a39158377977ad737cd5412d4628c95f"
    "94f2794e42000200bc5785000d000f0100001c2a7b0f3c4e9888d0040210002c53d9d8aa755d3bb8c7ee7c56"
    "296ff80a0000000908100000061000bb0dcc07000000000600000004021200d3f403472800317739558594db"
    "aa624971b60a000000";
constexpr std::string_view kXor =
    "0908100000060500bb0dcc0700000000060000002f000600000059b30a9a42000200086385000d004d000000"
    "6996c0980499a82be50402100041926db42039892b05f4e6724f88efdb0a0000000908100000061000bb0dcc"
    "070000000006000000040212004a1a053aed156ab9c983479e8c134fa9ecdb0a000000";
constexpr std::string_view kOtherPassword =
    "0908100000060500bb0dcc0700000000060000002f003600010001000100000102030405060708090a0b0c0d"
    "0e0f1c588a9d32e314f5f10534aa44266cb2affa6e6f1ad31daa7bb21bb4ed275590420002009d9f85000d00"
    "7d000000b55185670c4427ac40040210009b4acb76b1465a87f0ad8e3cb16cd46b0a00000009081000000610"
    "00bb0dcc0700000000060000000402120061da8a5ff8546990866052715d248804a0680a000000";

std::string from_hex(std::string_view text) { return *unhex(text); }

std::string file_of(const std::string& stream) {
  return compound_file_of({{"Workbook", stream}, {"Other", "another stream"}});
}

/// What the file holds when it was opened, from its first BOF on.
std::string opened(const std::string& file) {
  const auto content = open_office_workbook(as_bytes_of(file));
  if (!content) return "locked";
  EXPECT_EQ(content->size(), file.size());
  const std::string text(as_text(*content));
  const std::size_t at = text.find(from_hex(kPlain).substr(0, 20));
  return at == std::string::npos ? "nothing" : text.substr(at);
}

TEST(OfficeWorkbook, OpensWithThePasswordThatOfficeKnows) {
  const std::string plain = from_hex(kPlain);
  for (const std::string_view vector : {kRc4, kCryptoApi, kCryptoApi40, kXor}) {
    for (const std::size_t bytes : {0U, 5000U}) {  // A small stream and a large one.
      SCOPED_TRACE(vector.substr(40, 60));
      std::string stream = from_hex(vector);
      const std::size_t added = stream.size() - plain.size();
      stream.resize(std::max(stream.size(), bytes), '\0');

      const std::string content = opened(file_of(stream));

      // The lock is in it as a record of no type.
      EXPECT_EQ(content.substr(0, 22), plain.substr(0, 20) + "\xFF\xFF");
      std::string rest = content.substr(20 + added, plain.size() - 20);
      // Where the sheet begins: behind the record of the lock too.
      EXPECT_EQ(little_endian<std::uint32_t>(as_bytes_of(rest), 10), 67 + added);
      rest.replace(10, 4, std::string("\x43\0\0\0", 4));
      EXPECT_EQ(rest, plain.substr(20));
    }
  }
}

TEST(OfficeWorkbook, LeavesEverythingElseLocked) {
  const std::string rc4 = from_hex(kRc4);
  const auto changed = [&](std::size_t at, char to) {
    std::string stream = rc4;
    stream[at] = to;
    return opened(file_of(stream));
  };
  ASSERT_NE(opened(file_of(rc4)), "locked");

  EXPECT_EQ(opened(file_of(from_hex(kOtherPassword))), "locked");
  EXPECT_EQ(opened(file_of(from_hex(kPlain))), "locked") << "it has no lock";
  EXPECT_EQ(changed(26, 2), "locked") << "another version";
  EXPECT_EQ(changed(24, 2), "locked") << "another type";
  EXPECT_EQ(changed(70, 'x'), "locked") << "the proof of the password";
  EXPECT_EQ(changed(88, '\1'), "locked") << "a sheet that begins elsewhere";
  EXPECT_EQ(changed(86, '\x7F'), "locked") << "a record that ends behind the stream";
  EXPECT_EQ(opened(file_of(rc4.substr(0, 60))), "locked");
  EXPECT_EQ(opened(file_of("")), "locked");
  EXPECT_EQ(opened(compound_file_of({{"Workbook", rc4}, {"Workbook", rc4}})), "locked");
  EXPECT_EQ(opened(compound_file_of({{"Sheets", rc4}})), "locked");
  EXPECT_EQ(open_office_workbook(as_bytes_of("text")), std::nullopt);
}

TEST(OfficeWorkbook, LeavesTwoLocksLocked) {
  std::string twice = from_hex(kXor);
  twice[30] = '\x2F';  // The record behind the lock.

  EXPECT_EQ(opened(file_of(twice)), "locked");
}

TEST(OfficeWorkbook, KnowsTheObfuscationOfExcel95) {
  auto cipher = WorkbookCipher::open(as_bytes_of("\x59\xB3\x0A\x9A"));
  ASSERT_TRUE(cipher);
  EXPECT_FALSE(WorkbookCipher::open(as_bytes_of("\x59\xB3\x0A\x9B")));
  EXPECT_FALSE(WorkbookCipher::open({}));
}

TEST(WorkbookCipher, DecryptsTheSameInPiecesThatCrossItsBlocks) {
  auto whole = WorkbookCipher::open(as_bytes_of(from_hex(kRc4).substr(24, 54)));
  auto pieces = WorkbookCipher::open(as_bytes_of(from_hex(kRc4).substr(24, 54)));
  ASSERT_TRUE(whole && pieces);
  std::vector<std::byte> one(3000);
  std::vector<std::byte> other(3000);

  ASSERT_TRUE(whole->decrypt(500, one));
  for (std::size_t at = 0; at < other.size(); at += 600) {
    ASSERT_TRUE(pieces->decrypt(500 + at, std::span(other).subspan(at, 600)));
  }

  EXPECT_EQ(one, other);
}

}  // namespace
}  // namespace cordon
