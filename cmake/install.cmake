# What `cmake --install` puts beside the programs, which cordon_app() installs. One component for each package of
# packaging/debian; cordon looks for its engine and its stand-in where it lies itself, so all three go to one place.

# The program prints its own manual pages and completion, so they cannot fall behind.
install(CODE [[
  set(there "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share")
  file(MAKE_DIRECTORY "${there}/bash-completion/completions" "${there}/man/man1")
  execute_process(COMMAND "$<TARGET_FILE:cordon_app_cordon>" man "${there}/man/man1"
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND "$<TARGET_FILE:cordon_app_cordon>" completion bash
    OUTPUT_FILE "${there}/bash-completion/completions/cordon" COMMAND_ERROR_IS_FATAL ANY)
]] COMPONENT cordon)

# With the stand-in and not with cordon: where they were found by default, an agent that starts before the first
# download of real signatures would call everything Clean that is not EICAR.
install(DIRECTORY signatures DESTINATION ${CMAKE_INSTALL_DATADIR}/cordon COMPONENT cordon-devcloud
  FILES_MATCHING PATTERN "cordon-test.*")
