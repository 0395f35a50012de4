#include "clamav/office_locks.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

/// A compound file with one directory entry, 512 bytes from its beginning.
bool is_locked(const std::string& name) {
  std::string file(512, '\0');
  for (const char c : name) file += std::string{c, '\0'};
  file.resize(512 + 64, '\0');
  file += std::string{static_cast<char>(2 * (name.size() + 1)), '\0', '\2', '\0'};
  file.resize(1024, '\0');
  return is_locked_office(as_bytes_of(file));
}

TEST(OfficeLocks, KnowsPasswordsAndRightsManagementByTheirStreams) {
  for (const char* name :
       {"EncryptedPackage", "EncryptedSummary", "DRMEncryptedTransform", "DRMEncryptedDataSpace",
        "\x09"
        "DRMContent",
        "\x09"
        "DRMViewerContent"}) {
    EXPECT_TRUE(is_locked(name)) << name;
  }
}

TEST(OfficeLocks, LeavesOtherStreamsAlone) {
  for (const char* name : {"WordDocument", "EncryptedPackages", "EncryptedPackag", "DRMContent"}) {
    EXPECT_FALSE(is_locked(name)) << name;
  }
}

}  // namespace
}  // namespace cordon
