#include "clamav/member_giver.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/files.h"
#include "clamav/mapped_object.h"

namespace cordon {
namespace {

constexpr std::size_t kInMemoryBytesMax = 4U << 20;

}  // namespace

bool MemberGiver::may_go_on() {
  stopped_ = stopped_ || limits_.should_stop();
  return !stopped_;
}

void MemberGiver::note(Reason reason, const char* message) {
  if (!problem_) problem_ = LayerProblem{reason, message};
}

bool MemberGiver::fail(Reason reason, const char* message) {
  note(reason, message);
  stopped_ = true;
  return false;
}

bool MemberGiver::count_bytes(std::uint64_t bytes) {
  if (bytes > limits_.bytes_max - bytes_) {
    return fail(Reason::limit, "content unpacks to more than the limit");
  }
  bytes_ += bytes;
  return true;
}

bool MemberGiver::pass(std::span<const std::byte> member) {
  if (!may_go_on()) return false;
  if (++members_ > limits_.members_max) return fail(Reason::limit, "content has too many parts");
  stopped_ = !use_(member);
  return !stopped_;
}

bool MemberGiver::give(std::span<const std::byte> member) {
  if (member.empty()) return may_go_on();
  if (member.size() > limits_.member_bytes_max) {
    note(Reason::too_large, "a part is larger than the engine can read");
    return may_go_on();
  }
  return count_bytes(member.size()) && pass(member);
}

bool MemberGiver::add(std::span<const std::byte> piece) {
  if (!may_go_on() || !count_bytes(piece.size())) return false;
  gathered_ += piece.size();
  if (gathered_ > limits_.member_bytes_max) {
    return fail(Reason::too_large, "a part is larger than the engine can read");
  }
  if (!file_ && gathered_ <= kInMemoryBytesMax) {
    memory_.insert(memory_.end(), piece.begin(), piece.end());
    return true;
  }
  if (!file_ && (!open_file() || !write_all(memory_))) {
    return fail(Reason::staging, "no temporary file for a part of the object");
  }
  memory_.clear();
  return write_all(piece).ok() || fail(Reason::staging, "no space for a part of the object");
}

bool MemberGiver::give_gathered() {
  const std::uint64_t size = std::exchange(gathered_, 0);
  const UniqueFd file = std::exchange(file_, UniqueFd());
  if (size == 0 || stopped_) {
    memory_.clear();
    return may_go_on();
  }
  if (!file) {
    const bool go_on = pass(memory_);
    memory_.clear();
    return go_on;
  }
  const Result<MappedObject> mapped = MappedObject::map(file, size);
  if (!mapped) return fail(Reason::staging, "a part of the object cannot be mapped");
  return pass(mapped->bytes());
}

Result<void> MemberGiver::open_file() {
  std::string name = (directory_ / "member-XXXXXX").string();
  file_.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (!file_) return errno_error("no temporary file", errno);
  ::unlink(name.c_str());
  return {};
}

Result<void> MemberGiver::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return errno_error("no space", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace cordon
