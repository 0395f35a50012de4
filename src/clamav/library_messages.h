#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// What libclamav complains about (its ERROR messages) while this object lives, on this thread.
/// The library's return codes hide missing descriptors, space and memory; its messages do not.
/// May be nested: the inner one listens, and passes on what it heard when it ends.
class LibraryMessages {
 public:
  LibraryMessages();
  ~LibraryMessages();
  LibraryMessages(const LibraryMessages&) = delete;
  LibraryMessages& operator=(const LibraryMessages&) = delete;

  /// At most 8, each printable and at most 200 bytes.
  const std::vector<std::string>& complaints() const { return complaints_; }
  void add(std::string_view message);

 private:
  LibraryMessages* outer_;
  std::vector<std::string> complaints_;
};

/// Installs the library's process-wide message handler. Once, before `cl_init`.
void collect_library_messages();

}  // namespace cordon
