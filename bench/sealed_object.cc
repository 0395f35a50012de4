#include "sealed_object.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace cordon {

Result<UniqueFd> sealed_object(std::string_view bytes) {
  UniqueFd fd(::memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n <= 0) return Error{Errc::unavailable, "no memory for an object"};
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  return fd;
}

}  // namespace cordon
