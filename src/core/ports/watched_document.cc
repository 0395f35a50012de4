#include "core/ports/watched_document.h"

#include <utility>

namespace cordon {

Result<std::optional<StoredDocument>> WatchedDocument::look(Deadline deadline,
                                                            std::stop_token stop) {
  auto found = store_.read(seen_, deadline, std::move(stop));
  if (found && *found) seen_ = (*found)->etag;
  return found;
}

bool WatchedDocument::enter(State state) { return std::exchange(state_, state) != state; }

bool WatchedDocument::enter_good() {
  is_refused_ = false;
  return enter(State::good);
}

bool WatchedDocument::enter_refused() {
  is_refused_ = true;
  return enter(State::refused);
}

bool WatchedDocument::enter_unchanged() {
  return enter(is_refused_ ? State::refused : State::good);
}

bool WatchedDocument::enter_missing() {
  seen_.reset();
  is_refused_ = false;
  return enter(State::missing);
}

}  // namespace cordon
