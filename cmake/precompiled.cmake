# Headers that most files read, compiled once. Four fifths of the time of a typical file went into reading the
# standard library.
#
# A file still includes what it uses: the builds that Clang makes for fuzzing have none of this.
option(CORDON_PRECOMPILE "Precompile the headers of the standard library, JSON and the test framework" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(CORDON_PRECOMPILE OFF)
endif()

set(cordon_std_headers
  <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <deque> <filesystem> <functional> <map>
  <memory> <mutex> <optional> <set> <span> <stop_token> <string> <string_view> <thread> <utility> <variant> <vector>)
# Each is one set of compiler flags: a precompiled header fits no other.
function(cordon_precompiled name)
  if(NOT CORDON_PRECOMPILE)
    return()
  endif()
  add_library(cordon_precompiled_${name} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cc)
  target_link_libraries(cordon_precompiled_${name} PRIVATE cordon_flags)
  target_compile_options(cordon_precompiled_${name} PRIVATE -fpch-preprocess)
  target_precompile_headers(cordon_precompiled_${name} PRIVATE ${ARGN})
endfunction()
cordon_precompiled(std ${cordon_std_headers})
cordon_precompiled(json ${cordon_std_headers} <boost/json.hpp>)
if(BUILD_TESTING)
  cordon_precompiled(tests ${cordon_std_headers} <boost/json.hpp> <gmock/gmock.h> <gtest/gtest.h>)
  if(CORDON_PRECOMPILE)
    target_link_libraries(cordon_precompiled_tests PRIVATE GTest::gmock GTest::gtest)  # Their macros.
  endif()
endif()

# Lets `target` use the set of headers; `external` is what it links beside our libraries.
function(cordon_use_precompiled target kind external)
  if(NOT CORDON_PRECOMPILE)
    return()
  endif()
  if(kind STREQUAL "production")
    set(name std)
    if("Boost::json" IN_LIST external)
      set(name json)
    endif()
  else()
    set(name tests)
  endif()
  # Programs would be compiled with -fPIE, which the header was not.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
  target_compile_options(${target} PRIVATE -fpch-preprocess)  # ccache needs it.
  target_precompile_headers(${target} REUSE_FROM cordon_precompiled_${name})
endfunction()
