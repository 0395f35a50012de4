#pragma once

namespace cordon {

/// Who answers calls of sscanf in this process.
enum class SscanfAnswerer {
  cordon,     ///< `scan_numbers`, and the C library what that leaves. From the start.
  c_library,  ///< As if this folder were not there.
};

/// Threads: any; holds for calls that begin afterwards.
void set_sscanf_answerer(SscanfAnswerer answerer);

/// The two functions that the program has in front of the C library's, under the names of GNU
/// (`sscanf`) and of ISO C99 (`__isoc99_sscanf`).
struct SscanfFunctions {
  using Function = int (*)(const char* text, const char* format, ...);
  Function gnu = nullptr;
  Function c99 = nullptr;
};
SscanfFunctions sscanf_functions();

}  // namespace cordon
