#include "clamav/mapped_object.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <limits>
#include <string>

#include "base/files.h"

namespace cordon {

Result<MappedObject> MappedObject::map(const UniqueFd& content, std::uint64_t bytes) {
  struct stat status {};
  if (::fstat(content.get(), &status) != 0) return errno_error("cannot look at the object", errno);
  if (!S_ISREG(status.st_mode)) return Error{Errc::invalid, "the object is not a regular file"};
  if (static_cast<std::uint64_t>(status.st_size) != bytes) {
    return Error{Errc::invalid, "the object has " + std::to_string(status.st_size) +
                                    " bytes instead of " + std::to_string(bytes)};
  }
  if (bytes == 0) return MappedObject(std::span<const std::byte>{});
  if (bytes > std::numeric_limits<std::size_t>::max() / 2) {
    return Error{Errc::invalid, "the object does not fit into memory"};
  }
  // SAFETY: private and read-only; unmapped by the destructor with the same length.
  void* at =
      ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ, MAP_PRIVATE, content.get(), 0);
  if (at == MAP_FAILED) {
    return Error{Errc::unavailable, errno_error("cannot map the object", errno).what};
  }
  return MappedObject({static_cast<const std::byte*>(at), static_cast<std::size_t>(bytes)});
}

MappedObject::~MappedObject() {
  if (bytes_.empty()) return;
  // SAFETY: exactly what `map` mapped; the cast only removes the const that we added.
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace cordon
