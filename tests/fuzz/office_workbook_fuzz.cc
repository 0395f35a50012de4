#include <cstdint>
#include <span>

#include "clamav/office_workbook.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto opened = cordon::open_office_workbook(std::as_bytes(std::span(data, size)));
  CORDON_CHECK(!opened || opened->size() == size);
  return 0;
}
