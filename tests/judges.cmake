# Suites in Python that judge the finished programs, as ctest entries. They run the release binaries: what is
# shipped is what is judged. Each leaves a JUnit report.
set(CORDON_BIN_DIR ${PROJECT_SOURCE_DIR}/build/release/bin CACHE PATH "Programs that the judges run")
file(MAKE_DIRECTORY ${CORDON_REPORTS_DIR})

#   judge(NAME TIMEOUT SECONDS COMMAND ...)
function(judge name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "COMMAND")
  add_test(NAME ${name} COMMAND ${arg_COMMAND} --junit-xml=${CORDON_REPORTS_DIR}/${name}.xml)
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS judge SKIP_RETURN_CODE 77)
endfunction()
