#include "clamav/office_locks.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace cordon {
namespace {

/// A compound file with one directory entry, 512 bytes from its beginning.
std::string file_with(const std::string& name) {
  std::string file(512, '\0');
  for (const char c : name) file += std::string{c, '\0'};
  file.resize(512 + 64, '\0');
  file += std::string{static_cast<char>(2 * (name.size() + 1)), '\0', '\2', '\0'};
  file.resize(1024, '\0');
  return file;
}

OfficeLock lock(const std::string& file) { return office_lock(as_bytes_of(file)); }

TEST(OfficeLocks, KnowsPasswordsAndRightsManagementByTheirStreams) {
  for (const char* name : {"EncryptedSummary", "DRMEncryptedTransform", "DRMEncryptedDataSpace",
                           "\x09"
                           "DRMContent",
                           "\x09"
                           "DRMViewerContent"}) {
    EXPECT_EQ(lock(file_with(name)), OfficeLock::content) << name;
    EXPECT_EQ(lock(file_with("EncryptedPackage") + file_with(name)), OfficeLock::content) << name;
  }
}

TEST(OfficeLocks, TellsAPackageWhosePasswordMayBeKnown) {
  EXPECT_EQ(lock(file_with("EncryptedPackage")), OfficeLock::package);
}

TEST(OfficeLocks, LeavesOtherStreamsAlone) {
  for (const char* name : {"WordDocument", "EncryptedPackages", "EncryptedPackag", "DRMContent"}) {
    EXPECT_EQ(lock(file_with(name)), OfficeLock::none) << name;
  }
}

}  // namespace
}  // namespace cordon
