# The layer check. One static library per folder of src/; a library uses lower layers only, and an
# adapter is named by apps and tests only. A violation stops the configure step, so the include
# graph cannot rot between reviews.
#
#   cordon_library(aws   LAYER 3 ADAPTER SOURCES ... DEPS base core net EXTERNAL OpenSSL::Crypto)
#   cordon_library(agent LAYER 4         SOURCES ... DEPS base core)     # a use case: ports only
#   cordon_test(aws SOURCES ... DEPS testing)       # builds bin/cordon_aws_test, which is one ctest
#   cordon_app(cordon SOURCES ... DEPS ...)         # layer 7

set(CORDON_LAYER_APPS 7)
set(CORDON_LAYER_TESTING 9)

function(cordon_link target layer scope)
  foreach(dep IN LISTS ARGN)
    if(NOT TARGET cordon_${dep})
      message(FATAL_ERROR "${target} names ${dep}, which is not defined (yet): order in src/CMakeLists.txt")
    endif()
    get_target_property(below cordon_${dep} CORDON_LAYER)
    get_target_property(adapter cordon_${dep} CORDON_ADAPTER)
    if(NOT below LESS layer)
      message(FATAL_ERROR "${target} (layer ${layer}) may not use ${dep} (layer ${below})")
    elseif(adapter AND layer LESS CORDON_LAYER_APPS)
      message(FATAL_ERROR "${target} may not name the adapter ${dep}: take a port, let apps choose")
    endif()
    target_link_libraries(${target} ${scope} cordon_${dep})
  endforeach()
endfunction()

function(cordon_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ADAPTER" "LAYER" "SOURCES;DEPS;EXTERNAL")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cordon_library(${name}): what is ${arg_UNPARSED_ARGUMENTS}?")
  endif()
  add_library(cordon_${name} STATIC ${arg_SOURCES})
  set_target_properties(cordon_${name} PROPERTIES
    CORDON_LAYER ${arg_LAYER} CORDON_ADAPTER "${arg_ADAPTER}" ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  target_include_directories(cordon_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(cordon_${name} PUBLIC cordon_flags)
  cordon_link(cordon_${name} ${arg_LAYER} PUBLIC ${arg_DEPS})
  target_link_libraries(cordon_${name} PRIVATE ${arg_EXTERNAL})
  cordon_use_precompiled(cordon_${name} production "${arg_EXTERNAL}")
endfunction()

function(cordon_app name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT" "SOURCES;DEPS;EXTERNAL")
  add_executable(cordon_app_${name} ${arg_SOURCES})
  set_target_properties(cordon_app_${name} PROPERTIES
    OUTPUT_NAME ${arg_OUTPUT} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  target_link_options(cordon_app_${name} PRIVATE -pie)  # Debian's compiler does it unasked.
  target_link_libraries(cordon_app_${name} PRIVATE cordon_flags)
  cordon_link(cordon_app_${name} ${CORDON_LAYER_APPS} PRIVATE ${arg_DEPS})
  target_link_libraries(cordon_app_${name} PRIVATE ${arg_EXTERNAL})
  cordon_use_precompiled(cordon_app_${name} production "${arg_EXTERNAL}")
  install(TARGETS cordon_app_${name} RUNTIME COMPONENT ${arg_OUTPUT})
endfunction()

# Unit and contract tests of one folder, run in one process: to start a sanitized program takes as long as most of the
# tests in it. LABELS and TIMEOUT as in ctest, FILTER as of --gtest_filter.
function(cordon_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;FILTER" "SOURCES;DEPS;EXTERNAL;LABELS")
  if(NOT BUILD_TESTING)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 900)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  add_executable(cordon_${name}_test ${arg_SOURCES})
  set_target_properties(cordon_${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  target_link_libraries(cordon_${name}_test PRIVATE
    cordon_flags ${arg_EXTERNAL} GTest::gmock GTest::gtest_main)
  foreach(dep IN LISTS arg_DEPS)
    target_link_libraries(cordon_${name}_test PRIVATE cordon_${dep})
  endforeach()
  cordon_use_precompiled(cordon_${name}_test tests "${arg_EXTERNAL}")
  if(NOT arg_FILTER)
    set(arg_FILTER "*")
  endif()
  # What a test says is not shipped: the undefined behaviour that it looks for is the libraries'.
  if(CORDON_SANITIZE MATCHES "undefined")
    target_compile_options(cordon_${name}_test PRIVATE -fno-sanitize=undefined)
  endif()
  add_test(NAME ${arg_LABELS}.${name} COMMAND cordon_${name}_test "--gtest_filter=${arg_FILTER}" --gtest_brief=1
    --gtest_output=xml:${CORDON_REPORTS_DIR}/${arg_LABELS}.${name}.xml)
  set_tests_properties(${arg_LABELS}.${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
endfunction()

# A libFuzzer target of at most a few lines: tests/fuzz/NAME_fuzz.cc.
function(cordon_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPS;EXTERNAL")
  add_executable(fuzz_${name} ${arg_SOURCES})
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  target_link_libraries(fuzz_${name} PRIVATE cordon_flags ${arg_EXTERNAL})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  foreach(dep IN LISTS arg_DEPS)
    target_link_libraries(fuzz_${name} PRIVATE cordon_${dep})
  endforeach()
endfunction()
