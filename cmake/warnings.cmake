# Flags that every target of ours is built with. Third-party headers are SYSTEM includes.
add_library(cordon_flags INTERFACE)
target_compile_features(cordon_flags INTERFACE cxx_std_20)
target_compile_options(cordon_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  -Wno-missing-field-initializers  # Option structs are filled by name; the rest keeps its default.
  -fno-omit-frame-pointer)
target_compile_definitions(cordon_flags INTERFACE _FILE_OFFSET_BITS=64)

# Against those whose bytes we read. tests/structure/check_hardening.py looks for it in the finished programs.
target_compile_options(cordon_flags INTERFACE -fstack-protector-strong -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  target_compile_options(cordon_flags INTERFACE -fcf-protection)
endif()
target_link_options(cordon_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports std::variant and std::optional moves as maybe-uninitialized (GCC bug 105562).
  target_compile_options(cordon_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(cordon_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # With the assertions GCC 12 reports joined strings as out of bounds (105329, 105651).
    target_compile_options(cordon_flags INTERFACE
      -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  endif()
endif()

set(CORDON_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined | thread")
if(CORDON_SANITIZE)
  target_compile_options(cordon_flags INTERFACE -fsanitize=${CORDON_SANITIZE} -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Clang 14 fails on coroutines with it: "Cannot represent a difference across sections".
    target_compile_options(cordon_flags INTERFACE -fno-sanitize=function)
  endif()
  # Not vptr: it opens a descriptor to look at a type that it has not seen, and reports a wrong type when there
  # is none. Tests take all descriptors away.
  target_compile_options(cordon_flags INTERFACE -fno-sanitize=vptr)
  target_link_options(cordon_flags INTERFACE -fsanitize=${CORDON_SANITIZE})
  target_compile_definitions(cordon_flags INTERFACE CORDON_SANITIZED=1)
endif()
option(CORDON_FUZZ "Build the libFuzzer targets (needs Clang)" OFF)
if(CORDON_FUZZ)
  target_compile_options(cordon_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
