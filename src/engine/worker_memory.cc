// Each layer of an object costs libclamav an array of 768 bytes per logical signature that may
// apply to its type: 25 MB for 30,000. By default the C library maps such memory anew each time, or
// gives it back at once, and the kernel clears it page by page in the next layer. Here it comes
// from the heap and stays there.
//
// A limit on what is kept at the top of the heap is the C library's own (M_TRIM_THRESHOLD). Below a
// piece that is still in use it keeps everything, so `settle` looks how far the heap has grown and
// then has it give back free pages wherever they are. docs/performance.md has the figures, also of
// other allocators.
#include "engine/worker_memory.h"

#include <malloc.h>
#include <unistd.h>

namespace cordon {
namespace {

/// The most that the C library allows. Larger pieces are mapped, and given back when freed.
constexpr int kMappedFrom = 32 << 20;

std::uintptr_t top_of_heap() {
  // SAFETY: asks, changes nothing; the address is compared, never followed.
  return reinterpret_cast<std::uintptr_t>(::sbrk(0));
}

}  // namespace

WorkerMemory::WorkerMemory() : top_at_birth_(top_of_heap()) {
  ::mallopt(M_MMAP_THRESHOLD, kMappedFrom);
  ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(kKeptBytesMax));
}

void WorkerMemory::settle() const {
  const std::uintptr_t top = top_of_heap();
  if (top > top_at_birth_ && top - top_at_birth_ > kKeptBytesMax) ::malloc_trim(0);
}

}  // namespace cordon
