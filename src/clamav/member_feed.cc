#include "clamav/member_feed.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "clamav/mapped_object.h"

namespace cordon {
namespace {

constexpr std::size_t kInMemoryBytesMax = 4U << 20;

Result<UniqueFd> unlinked_file(const std::filesystem::path& directory) {
  std::string name = (directory / "member-XXXXXX").string();
  UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) return errno_error("no temporary file", errno);
  ::unlink(name.c_str());
  return file;
}

Result<void> write_whole(const UniqueFd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return errno_error("no space for a decoded part", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

void StagedMember::append(std::string_view bytes) {
  if (pending_.size() + bytes.size() < kPieceBytes) {
    pending_.append(bytes);
    return;
  }
  flush();
  if (problem_) return;
  if (size_ + bytes.size() > bytes_max_) {
    problem_ = LayerProblem{Reason::too_large, "a part is larger than the engine can read"};
  } else if (auto stored = store(bytes); !stored) {
    problem_ = LayerProblem{Reason::staging, stored.error().what};
  }
}

void StagedMember::flush() {
  const std::string bytes = std::exchange(pending_, {});
  if (problem_ || bytes.empty()) return;
  if (size_ + bytes.size() > bytes_max_) {
    problem_ = LayerProblem{Reason::too_large, "a part is larger than the engine can read"};
  } else if (auto stored = store(bytes); !stored) {
    problem_ = LayerProblem{Reason::staging, stored.error().what};
  }
}

Result<void> StagedMember::store(std::string_view bytes) {
  size_ += bytes.size();
  if (!file_ && size_ <= kInMemoryBytesMax) {
    memory_.append(bytes);
    return {};
  }
  if (!file_) {
    CORDON_TRY(file_, unlinked_file(directory_));
    CORDON_TRY(write_whole(file_, std::exchange(memory_, {})));
  }
  return write_whole(file_, bytes);
}

Result<void> StagedMember::show(const std::function<void(std::string_view)>& use) {
  if (!file_ && size_ == 0) {  // Most parts: nothing was ever stored.
    use(pending_);
    return {};
  }
  flush();
  if (problem_) return Error{Errc::unavailable, problem_->message};
  if (!file_) {
    use(memory_);
    return {};
  }
  CORDON_TRY(const MappedObject mapped, MappedObject::map(file_, size_));
  use(text_of(mapped.bytes()));
  return {};
}

bool MemberFeed::wants_more() {
  if (!closed_ && limits_.should_stop()) closed_ = true;
  return !closed_;
}

void MemberFeed::give(std::string_view member) {
  if (member.empty() || !wants_more()) return;
  if (member.size() > limits_.member_bytes_max) {
    report(Reason::too_large, "a part is larger than the engine can read");
    return;
  }
  ++members_;
  bytes_ += member.size();
  if (members_ > limits_.members_max || bytes_ > limits_.bytes_max) {
    report(Reason::limit, "content has more parts than the limit");
    closed_ = true;
    return;
  }
  if (!use_(as_bytes_of(member))) closed_ = true;
}

void MemberFeed::give(StagedMember& member) {
  show(member, [&](std::string_view bytes) { give(bytes); });
}

void MemberFeed::show(StagedMember& decoded, const std::function<void(std::string_view)>& use) {
  const auto shown = decoded.show(use);
  if (decoded.problem()) {
    report(decoded.problem()->reason, decoded.problem()->message);
  } else if (!shown) {
    report(Reason::staging, shown.error().what);
  }
}

void MemberFeed::report(Reason reason, std::string message) {
  if (!problem_) problem_ = LayerProblem{reason, std::move(message)};
}

}  // namespace cordon
