#include "aws/sink_calls.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "aws/service_error.h"
#include "base/check.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kCodeBytesMax = 64;
constexpr std::size_t kMessageBytesMax = 512;

class Batch {
 public:
  Batch(std::span<const ScanResult> results, const SinkProtocol& protocol)
      : protocol_(protocol),
        outcomes_(results.size(), Error{Errc::unavailable, "the result was not sent"}) {
    entries_.reserve(results.size());
    for (std::size_t i = 0; i < results.size(); ++i) add(i, results[i]);
    // The log service wants the events of a call in the order of their times.
    std::stable_sort(entries_.begin(), entries_.end(), [](const SinkEntry& a, const SinkEntry& b) {
      return a.result->scanned_at < b.result->scanned_at;
    });
  }

  ResultOutcomes publish() && {
    std::span<const SinkEntry> left(entries_);
    while (!left.empty()) {
      const std::size_t count = of_one_call(left);
      send(left.first(count));
      left = left.subspan(count);
      if (!failure_) continue;
      for (const SinkEntry& entry : left) outcomes_[entry.place] = *failure_;
      break;
    }
    return std::move(outcomes_);
  }

 private:
  void add(std::size_t place, const ScanResult& result) {
    Result<std::string> body = protocol_.body_of(result);
    if (!body) {
      outcomes_[place] = body.error();
      return;
    }
    if (body->size() + protocol_.limits.entry_overhead_bytes > protocol_.limits.bytes_max) {
      outcomes_[place] = Error{Errc::invalid, "the result is longer than a call may be"};
      return;
    }
    entries_.push_back({place, &result, *std::move(body)});
  }

  std::size_t of_one_call(std::span<const SinkEntry> left) const {
    const SinkLimits& limits = protocol_.limits;
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (const SinkEntry& entry : left) {
      bytes += entry.body.size() + limits.entry_overhead_bytes;
      const auto span = entry.result->scanned_at - left.front().result->scanned_at;
      const bool fits =
          count < limits.entries_max && bytes <= limits.bytes_max && span <= limits.span_max;
      if (!fits) break;
      ++count;
    }
    return std::max<std::size_t>(count, 1);
  }

  // Ends: each turn halves the entries. One of n that is refused costs about 2 log n calls.
  void send(std::span<const SinkEntry> entries) {
    if (failure_) {
      for (const SinkEntry& entry : entries) outcomes_[entry.place] = *failure_;
      return;
    }
    const Result<ResultOutcomes> sent = protocol_.send(entries);
    if (sent) {
      CORDON_CHECK(sent->size() == entries.size());
      for (std::size_t i = 0; i < entries.size(); ++i) outcomes_[entries[i].place] = (*sent)[i];
      return;
    }
    if (sent.error().code == Errc::invalid && entries.size() > 1) {
      const std::size_t half = entries.size() / 2;
      send(entries.first(half));
      send(entries.subspan(half));
      return;
    }
    for (const SinkEntry& entry : entries) outcomes_[entry.place] = sent.error();
    if (sent.error().code != Errc::invalid) failure_ = sent.error();
  }

  const SinkProtocol& protocol_;
  std::vector<SinkEntry> entries_;
  ResultOutcomes outcomes_;
  std::optional<Error> failure_;  // Of the service, not of an entry.
};

}  // namespace

ResultOutcomes publish_in_calls(std::span<const ScanResult> results, const SinkProtocol& protocol) {
  return Batch(results, protocol).publish();
}

Error refused_entry(const AwsCall& call, std::string_view code, std::string_view message,
                    bool is_ours) {
  RemoteError remote;
  remote.code = utf8_clean(code, kCodeBytesMax);
  remote.message = utf8_clean(message, kMessageBytesMax);
  Error error = service_error(call, is_ours ? 400 : 500, remote);
  // The service itself says whose fault it is, also by a code that nobody has heard of.
  if (is_ours && error.code == Errc::unavailable) error.code = Errc::invalid;
  return with_context(std::move(error), "one entry was not taken");
}

}  // namespace cordon
