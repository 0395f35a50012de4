# Everything comes from Debian 12. Each library is wrapped by one folder of src/ (ARCHITECTURE.md).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)                       # base (digests), aws (signing), net (TLS), clamav (PDF)
find_package(CURL REQUIRED)                              # net
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS json)  # json: core, aws, devcloud; Beast: net
find_package(pugixml REQUIRED)                           # aws, devcloud
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)                            # base/log
find_package(prometheus-cpp REQUIRED CONFIG)             # base/metrics: core only
find_package(CLI11 REQUIRED)                             # command_line
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)  # core: which characters are letters
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)        # store
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq)              # store
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)      # console
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)    # engine
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)    # clamav
find_package(LibLZMA REQUIRED)                           # clamav
pkg_check_modules(CLAMAV REQUIRED IMPORTED_TARGET libclamav)      # clamav
find_package(ZLIB REQUIRED)                              # clamav
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()
