#include "clamav/locked_formats.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/sample_archives.h"

namespace cordon {
namespace {

using namespace std::string_literals;

std::string message(std::string_view bytes) {
  const auto problem = about_locked_content(as_bytes_of(bytes));
  if (!problem) return "";
  EXPECT_EQ(problem->reason, Reason::encrypted);
  return problem->message;
}

std::string noise() { return std::string(300, '\x9C'); }

TEST(LockedFormats, AsksEveryReader) {
  const std::string openpgp =
      "\xC3\x0D\4\x09\3\x08"s + std::string(8, 's') + "\xE0\xD2\xFF\0\0\1\x2D\1"s + noise();
  const std::string cms =
      "\x30\x82\1\x40\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x82\1\x30\x30\x82\1\x2C\2\1\2"
      "\x31\x82\1\0"s +
      noise();
  const std::string odt =
      zip_of({{.name = "META-INF/manifest.xml", .bytes = "<a:encryption-data/>"}});

  EXPECT_EQ(message("Salted__" + noise()), "encrypted: OpenSSL file");
  EXPECT_EQ(message("LUKS\xBA\xBE\0\2"s + noise()), "encrypted: LUKS volume");
  EXPECT_EQ(message(openpgp), "encrypted: OpenPGP message");
  EXPECT_EQ(message(cms), "encrypted: CMS message (S/MIME)");
  EXPECT_EQ(message(odt), "encrypted: OpenDocument");
  EXPECT_EQ(message(base64(as_bytes_of(cms))), "encrypted: CMS message (S/MIME)");
}

TEST(LockedFormats, LeavesOrdinaryContentAlone) {
  EXPECT_EQ(message(""), "");
  EXPECT_EQ(message("070701;100;2.5\n070702;101;2.6\n"), "");
  EXPECT_EQ(message(std::string(70'000, '\0')), "");
  EXPECT_EQ(message(std::string(70'000, '\xA5')), "");
  EXPECT_EQ(message(zip_of({{.name = "a", .bytes = "text"}})), "");
}

}  // namespace
}  // namespace cordon
