#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "base/environment.h"

namespace cordon {

/// A directory for one test, with AWS configuration files. Removed when it goes.
class TestFiles {
 public:
  TestFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cordon-aws-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  TestFiles(const TestFiles&) = delete;
  TestFiles& operator=(const TestFiles&) = delete;
  ~TestFiles() { std::filesystem::remove_all(root_); }

  std::string path(std::string_view name) const { return (root_ / name).string(); }

  void write(std::string_view name, std::string_view text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }

  /// An environment that names these two files, and `more`.
  Environment environment(std::string_view config, std::string_view credentials = "",
                          std::map<std::string, std::string> more = {}) const {
    write("config", config);
    write("credentials", credentials);
    more["AWS_CONFIG_FILE"] = path("config");
    more["AWS_SHARED_CREDENTIALS_FILE"] = path("credentials");
    return Environment(std::move(more));
  }

 private:
  std::filesystem::path root_;
};

}  // namespace cordon
