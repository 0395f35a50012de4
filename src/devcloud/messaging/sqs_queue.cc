#include "devcloud/messaging/sqs_queue.h"

#include "base/digest.h"
#include "base/text.h"
#include "devcloud/json_in.h"

namespace cordon::cloud {
namespace {

constexpr std::chrono::seconds kBetweenForgetting{1};

std::uint64_t default_of(const std::string& attribute) {
  if (attribute == "VisibilityTimeout") return 30;
  if (attribute == "MessageRetentionPeriod") return 345'600;
  if (attribute == "MaximumMessageSize") return 1'048'576;
  return 0;
}

}  // namespace

SqsQueue::SqsQueue(std::string name, std::string region, std::string arn,
                   std::map<std::string, std::string> given, SystemTime now)
    : attributes(std::move(given)),
      created(now),
      modified(now),
      name_(std::move(name)),
      region_(std::move(region)),
      arn_(std::move(arn)),
      nonce_(hex(sha256(arn_ + iso8601_basic(now))).substr(0, 16)) {}

std::uint64_t SqsQueue::number(const std::string& attribute) const {
  const auto at = attributes.find(attribute);
  const auto value = at == attributes.end() ? std::nullopt : parse_u64(at->second);
  return value.value_or(default_of(attribute));
}

std::optional<std::uint64_t> SqsQueue::receives_max() const {
  const auto at = attributes.find("RedrivePolicy");
  if (at == attributes.end()) return std::nullopt;
  const auto policy_json = parse_object(at->second);
  if (!policy_json) return std::nullopt;
  const auto count = integer_if(*policy_json, "maxReceiveCount");
  if (!count || *count < 1) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

void SqsQueue::push(SqsMessage message, std::chrono::seconds delay, SteadyTime steady) {
  message.order = next_order_++;
  if (delay.count() > 0) {
    hidden_.emplace(steady + delay, Hidden{std::move(message), false});
  } else {
    show(std::move(message));
  }
}

void SqsQueue::show(SqsMessage message) {
  const std::uint64_t order = message.order;
  visible_.emplace(order, std::move(message));
  filled.notify_one();
}

// Brings back what was hidden long enough, and forgets what is too old.
void SqsQueue::refresh(SystemTime now, SteadyTime steady) {
  while (!hidden_.empty() && hidden_.begin()->first <= steady) {
    Hidden back = std::move(hidden_.begin()->second);
    if (back.in_flight) by_receipt_.erase(back.message.receipt);
    hidden_.erase(hidden_.begin());
    // To the end, or a message that nobody can process would be received for ever before all
    // others.
    back.message.order = next_order_++;
    show(std::move(back.message));
  }
  // What came back stands behind what is younger, so all are looked at, though not each time.
  if (steady < next_forgetting_) return;
  next_forgetting_ = steady + kBetweenForgetting;
  const std::chrono::seconds retention(number("MessageRetentionPeriod"));
  std::erase_if(visible_, [&](const auto& one) { return one.second.sent + retention < now; });
}

SqsQueue::Received SqsQueue::receive(std::size_t count, std::chrono::seconds visibility,
                                     SystemTime now, SteadyTime steady, Random& random) {
  refresh(now, steady);
  Received out;
  const std::optional<std::uint64_t> receives_most = receives_max();
  std::vector<SqsMessage> taken;
  while (!visible_.empty() && taken.size() < count) {
    SqsMessage message = std::move(visible_.extract(visible_.begin()).mapped());
    if (receives_most && message.receives >= *receives_most) {
      out.dead.push_back(std::move(message));
    } else {
      taken.push_back(std::move(message));
    }
  }
  for (SqsMessage& message : taken) {
    ++message.receives;
    if (!message.first_received) message.first_received = now;
    message.receipt = base64(as_bytes_of(nonce_ + " " + message.id + " " + make_token(random, 24)));
    out.messages.push_back(message);
    const std::string receipt = message.receipt;
    by_receipt_[receipt] = hidden_.emplace(steady + visibility, Hidden{std::move(message), true});
  }
  return out;
}

bool SqsQueue::is_receipt(const std::string& receipt) const {
  const Result<std::string> text = unbase64(receipt);
  return text && text->size() == 16 + 1 + 36 + 1 + 24 && text->starts_with(nonce_ + " ");
}

SqsQueue::HiddenByTime::iterator SqsQueue::held_by(const std::string& receipt) {
  const auto at = by_receipt_.find(receipt);
  return at == by_receipt_.end() ? hidden_.end() : at->second;
}

SqsQueue::Found SqsQueue::remove(const std::string& receipt, SystemTime now, SteadyTime steady) {
  if (!is_receipt(receipt)) return Found::malformed;
  const auto held = held_by(receipt);
  if (held != hidden_.end()) {
    by_receipt_.erase(receipt);
    hidden_.erase(held);
    return Found::done;
  }
  // Visible again, yet received by nobody else: the latest handle still deletes it.
  refresh(now, steady);
  const auto gone =
      std::erase_if(visible_, [&](const auto& entry) { return entry.second.receipt == receipt; });
  return gone > 0 ? Found::done : Found::stale;
}

SqsQueue::Found SqsQueue::change_visibility(const std::string& receipt,
                                            std::chrono::seconds visibility, SystemTime now,
                                            SteadyTime steady) {
  if (!is_receipt(receipt)) return Found::malformed;
  refresh(now, steady);
  const auto held = held_by(receipt);
  if (held == hidden_.end()) return Found::stale;
  auto node = hidden_.extract(held);
  node.key() = steady + visibility;
  by_receipt_[receipt] = hidden_.insert(std::move(node));
  refresh(now, steady);
  // A waiting receiver may have to wake at another time than it thought.
  filled.notify_all();
  return Found::done;
}

void SqsQueue::purge() {
  visible_.clear();
  hidden_.clear();
  by_receipt_.clear();
}

SqsQueue::Counts SqsQueue::counts(SystemTime now, SteadyTime steady) {
  refresh(now, steady);
  return {visible_.size(), by_receipt_.size(), hidden_.size() - by_receipt_.size()};
}

std::optional<SteadyTime> SqsQueue::next_return() const {
  if (hidden_.empty()) return std::nullopt;
  return hidden_.begin()->first;
}

}  // namespace cordon::cloud
