#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace cordon {

/// What an independent implementation says, and whether it could be asked at all.
struct OracleOutput {
  std::string text;
  int exit_code = -1;
  bool is_missing() const { return exit_code == 77 || exit_code == 127; }
};

/// Runs a Python script of this folder with the system's Python, which has Debian's botocore.
inline OracleOutput run_oracle(const std::string& script_and_arguments) {
  const std::string command =
      "cd '" CORDON_AWS_SOURCES "' && /usr/bin/python3 " + script_and_arguments + " 2>&1";
  OracleOutput output;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 65536> buffer{};
  while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.text.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

}  // namespace cordon
