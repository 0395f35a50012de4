#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cordon {

/// A directory with signature files, for tests; removed in the end.
class SignaturePlace {
 public:
  SignaturePlace() {
    std::string name = testing::TempDir() + "signatures-XXXXXX";
    root_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(set());
  }
  SignaturePlace(const SignaturePlace&) = delete;
  SignaturePlace& operator=(const SignaturePlace&) = delete;
  ~SignaturePlace() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path set() const { return root_ / "set"; }
  std::filesystem::path home() const { return root_ / "home"; }
  void put(const std::string& name, const std::string& content) const {
    put_in(set(), name, content);
  }
  static void put_in(const std::filesystem::path& directory, const std::string& name,
                     const std::string& content) {
    std::filesystem::create_directories(directory);
    std::ofstream(directory / name, std::ios::binary) << content;
  }
  static std::string content(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }
  /// The header of an official database that was built at `seconds` after 1970.
  static std::string cvd(int version, long long seconds) {
    std::string header =
        "ClamAV-VDB:22 Nov 2026 08-15 +0000:" + std::to_string(version) +
        ":2074708:90:0123456789abcdef0123456789abcdef:sig:raynman:" + std::to_string(seconds);
    header.resize(512, ' ');
    return header + "payload";
  }

 private:
  std::filesystem::path root_;
};

}  // namespace cordon
