#include "clamav/office_package.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "clamav/compound_file_sample.h"
#include "clamav/layer_bytes.h"

// The vectors were made by a program of its own from [MS-OFFCRYPTO] and read by msoffcrypto-tool.

namespace cordon {
namespace {

constexpr std::string_view kStandardInfo =
    "04000200240000008c00000024000000000000000e6600000480000080000000180000000000000000000000"
    "4d006900630072006f0073006f0066007400200045006e00680061006e006300650064002000520053004100"
    "200061006e00640020004100450053002000430072007900700074006f006700720061007000680069006300"
    "2000500072006f0076006900640065007200000010000000000102030405060708090a0b0c0d0e0f34876ce1"
    "57c5ea9415eeae630f2e538c1400000040fd1bc1cfe13e830b201020d5723f311ae75e02c8b73278d2de3da1"
    "08dc878e";
constexpr std::string_view kStandardPackage =
    "13000000000000008450fdc10a7d0d7095f34f1f01cc5201b3d95e53b432e1b054b4bc136024cf9c";
constexpr std::string_view kAgileInfo =
    R"(<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http:)"
    R"(//schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData saltSize="16" bloc)"
    R"(kSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingM)"
    R"(odeCBC" hashAlgorithm="SHA512" saltValue="EBESExQVFhcYGRobHB0eHw=="/><dataIntegrity en)"
    R"(cryptedHmacKey="AAAA" encryptedHmacValue="AAAA"/><keyEncryptors><keyEncryptor uri="htt)"
    R"(p://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount)"
    R"(="1000" saltSize="16" blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES")"
    R"( cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltValue="AAECAwQFBgcICQoLDA)"
    R"(0ODw==" encryptedVerifierHashInput="aRJx3quU5zM6AQ/LYfobLQ==" encryptedVerifierHashVal)"
    R"(ue="GOcEye1bCCtwhLTt6uwUjdvJ19IlOYvqremwiAosrNvzck6Qy9hQNcmQivwnkOovUBHyt3bgV39543OZb7)"
    R"(/pgg==" encryptedKeyValue="kKC7HxDBurO+aYmdfmvBketAQYYNtkT8Ba6pW6ZORUE="/></keyEncrypt)"
    R"(or></keyEncryptors></encryption>)";
constexpr std::string_view kAgilePackage =
    "13000000000000002bd234776597791acd0ae442bb87108c528e97e4e328b1daf1220bd965eb961f";
constexpr std::string_view kSha1Info =
    R"(<encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http:)"
    R"(//schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData saltSize="16" bloc)"
    R"(kSize="16" keyBits="128" hashSize="20" cipherAlgorithm="AES" cipherChaining="ChainingM)"
    R"(odeCBC" hashAlgorithm="SHA1" saltValue="EBESExQVFhcYGRobHB0eHw=="/><dataIntegrity encr)"
    R"(yptedHmacKey="AAAA" encryptedHmacValue="AAAA"/><keyEncryptors><keyEncryptor uri="http:)"
    R"(//schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount=")"
    R"(1000" saltSize="16" blockSize="16" keyBits="128" hashSize="20" cipherAlgorithm="AES" c)"
    R"(ipherChaining="ChainingModeCBC" hashAlgorithm="SHA1" saltValue="AAECAwQFBgcICQoLDA0ODw)"
    R"(==" encryptedVerifierHashInput="VIMPbrBrQMdvYeTjSkawbA==" encryptedVerifierHashValue=")"
    R"(Hevc9X5l3F46pz+GhTx0F9an7fT+9PQb7RPYtcQIxy8=" encryptedKeyValue="TU9mAe15ngSanZeBace5n)"
    R"(g=="/></keyEncryptor></keyEncryptors></encryption>)";
constexpr std::string_view kSha1Package =
    "130000000000000062d06ad69cca3e0d7b50e6f436bcc152abe1a1608d81c96ec2c929a9a8d86c3b";

std::string from_hex(std::string_view text) { return *unhex(text); }

std::string agile(std::string_view xml) {
  return std::string("\4\0\4\0\x40\0\0\0", 8) + std::string(xml);
}

std::string opened(const std::string& info, const std::string& package) {
  const std::string file =
      compound_file_of({{"EncryptionInfo", info}, {"EncryptedPackage", package}});
  const auto content = open_office_package(as_bytes_of(file));
  return content ? std::string(as_text(*content)) : "locked";
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(OfficePackage, OpensWithThePasswordThatOfficeKnows) {
  EXPECT_EQ(opened(from_hex(kStandardInfo), from_hex(kStandardPackage)), "A harmless package.");
  EXPECT_EQ(opened(agile(kAgileInfo), from_hex(kAgilePackage)), "A harmless package.");
  EXPECT_EQ(opened(agile(kSha1Info), from_hex(kSha1Package)), "A harmless package.");
}

TEST(OfficePackage, LeavesEverythingElseLocked) {
  const std::string package = from_hex(kAgilePackage);
  const std::string info = agile(kAgileInfo);
  std::string standard = from_hex(kStandardInfo);
  standard[standard.size() - 40] ^= 1;  // Of the digest that proves the key.

  EXPECT_EQ(opened(with(info, "spinCount=\"1000\"", "spinCount=\"1001\""), package), "locked");
  EXPECT_EQ(opened(with(info, "spinCount=\"1000\"", "spinCount=\"100001\""), package), "locked");
  EXPECT_EQ(opened(with(info, "SHA512", "MD5"), package), "locked");
  EXPECT_EQ(opened(with(info, "encryptedKeyValue", "otherKeyValue"), package), "locked");
  EXPECT_EQ(opened(standard, from_hex(kStandardPackage)), "locked");
  EXPECT_EQ(opened(from_hex(kStandardInfo).substr(0, 60), from_hex(kStandardPackage)), "locked");
  EXPECT_EQ(opened(info, "short"), "locked");
  EXPECT_EQ(opened(info, "\xFF\xFF\xFF\xFF" + package.substr(4)), "locked");
  EXPECT_EQ(opened("", package), "locked");
  EXPECT_EQ(open_office_package(as_bytes_of("text")), std::nullopt);
}

}  // namespace
}  // namespace cordon
