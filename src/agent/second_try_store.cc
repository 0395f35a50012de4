#include "agent/second_try_store.h"

#include <utility>

#include "core/failure_verdicts.h"

namespace cordon {
namespace {

// Each call does the same when it is made twice, and one that was refused has not begun.
template <typename Call>
auto asked_twice(Call call) -> decltype(call()) {
  auto answer = call();
  if (answer || !is_denied_for_object(answer.error())) return answer;
  return call();
}

}  // namespace

Result<ObjectHead> SecondTryStore::head(const ObjectRef& object, Deadline deadline,
                                        std::stop_token stop) {
  return asked_twice([&] { return store_.head(object, deadline, stop); });
}

// A sink may refuse what it is given, with the same word; it is not given anything a second time.
Result<ObjectHead> SecondTryStore::read(const ObjectRef& object, const ReadOptions& options,
                                        ByteSink& sink, Deadline deadline, std::stop_token stop) {
  return store_.read(object, options, sink, deadline, std::move(stop));
}

Result<TagSet> SecondTryStore::tags(const ObjectRef& object, Deadline deadline,
                                    std::stop_token stop) {
  return asked_twice([&] { return store_.tags(object, deadline, stop); });
}

Result<void> SecondTryStore::set_tags(const ObjectRef& object, const TagSet& tags,
                                      Deadline deadline, std::stop_token stop) {
  return asked_twice([&] { return store_.set_tags(object, tags, deadline, stop); });
}

Result<CopyResult> SecondTryStore::copy(const CopyRequest& request, Deadline deadline,
                                        std::stop_token stop) {
  return asked_twice([&] { return store_.copy(request, deadline, stop); });
}

Result<void> SecondTryStore::remove(const ObjectRef& object, const ETag& if_match,
                                    Deadline deadline, std::stop_token stop) {
  return asked_twice([&] { return store_.remove(object, if_match, deadline, stop); });
}

}  // namespace cordon
