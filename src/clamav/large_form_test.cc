#include "clamav/large_form.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

using namespace std::string_literals;

LargeForm head(const std::string& bytes) { return content_of_head(as_bytes_of(bytes)).form; }
LargeForm tail(const std::string& bytes) { return content_of_tail(as_bytes_of(bytes)).form; }
std::string at(std::size_t offset, const std::string& mark) {
  return std::string(offset, 'x') + mark + std::string(600, 'x');
}

TEST(LargeForm, ArchivesAreKnownByTheirHead) {
  const std::pair<LargeForm, std::string> kHeads[] = {
      {LargeForm::zip, zip_of({{.name = "a", .bytes = "hello"}})},
      {LargeForm::zip, zip_of({})},
      {LargeForm::seven_zip, "7z\xBC\xAF\x27\x1C"s + "rest"},
      {LargeForm::tar, tar_of("a", "hello")},
      {LargeForm::compressed, gzip_of("hello")},
      {LargeForm::compressed, "BZh91AY&SY"},
      {LargeForm::compressed, "\xFD"s + "7zXZ\0"s},
      {LargeForm::compressed, "\x28\xB5\x2F\xFD"s},
      {LargeForm::compressed, "\x5A\x2A\x4D\x18"s + std::string(20, 'x')},
      {LargeForm::compressed, "\x5D\0\0\x80\0"s + std::string(8, '\xFF') + "x"},
  };
  for (const auto& [form, bytes] : kHeads) EXPECT_EQ(head(bytes), form) << bytes.substr(0, 8);
}

TEST(LargeForm, ATarBeforeItHadAMarkIsKnownByItsChecksum) {
  std::string old = tar_of("a", "hello");
  std::uint32_t sum = 0;
  for (std::size_t i = 257; i < 265; ++i) old[i] = '\0';
  for (std::size_t i = 148; i < 156; ++i) old[i] = ' ';
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(old[i]);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  old.replace(148, 6, digits);

  EXPECT_EQ(head(old), LargeForm::tar);
  old[0] = 'b';
  EXPECT_EQ(head(old), LargeForm::opaque);
}

TEST(LargeForm, WhatOnlyTheEngineUnpacksIsClosed) {
  for (const std::string& bytes :
       {"%PDF-1.7"s, "Rar!\x1A\x07\x01"s, "MSCF"s, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s,
        at(510, "\x55\xAA"s), at(512, "EFI PART"), at(32769, "CD001")}) {
    EXPECT_EQ(head(bytes), LargeForm::closed) << bytes.substr(0, 4);
  }
  EXPECT_EQ(tail("koly"s + std::string(508, 'x')), LargeForm::closed);
}

TEST(LargeForm, AZipIsKnownByItsEndWhateverComesBefore) {
  EXPECT_EQ(tail("junk" + zip_of({{.name = "a", .bytes = "hello"}})), LargeForm::zip);
  EXPECT_EQ(tail(zip_of({}) + std::string(70, 'x')), LargeForm::zip);
  EXPECT_EQ(tail("PK\x05\x06"), LargeForm::opaque);
}

TEST(LargeForm, PlainBytesAreOpaqueAndSoIsNothing) {
  EXPECT_EQ(head(""), LargeForm::opaque);
  EXPECT_EQ(tail(""), LargeForm::opaque);
  EXPECT_EQ(head(std::string(kHeadBytes, '\0')), LargeForm::opaque);
  EXPECT_EQ(head("plain text, nothing else"), LargeForm::opaque);
}

TEST(LargeForm, TypesThatNobodyNamedAreNotOpaque) {
  EXPECT_TRUE(is_opaque_type("CL_TYPE_BINARY_DATA"));
  for (const char* type : {"", "CL_TYPE_PDF", "CL_TYPE_MSEXE", "CL_TYPE_OF_TOMORROW"}) {
    EXPECT_FALSE(is_opaque_type(type)) << type;
  }
}

}  // namespace
}  // namespace cordon
