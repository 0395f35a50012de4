#include "agent/gateway_uploads.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "core/provenance.h"

namespace cordon {
namespace {

// A share's bucket and prefix never change; this is for shares that are made anew, and for rights
// that are granted later.
constexpr std::chrono::minutes kShareMemory{10};
// A gateway writes metadata seconds after the data. Longer, and new signatures deserve a look.
constexpr std::chrono::minutes kContentMemory{10};
constexpr std::size_t kFinishedMax = 10'000;
constexpr std::size_t kScannedMax = 2'000;
constexpr std::size_t kSharesMax = 1'000;
constexpr std::size_t kKeyBytesMax = 1024;
// Whoever sends messages can name shares without end. A gateway names its bucket, so that its
// events need the share's word only to be checked; above this the event's own word counts for a
// while.
constexpr std::size_t kStrangersMax = 20;
constexpr std::chrono::minutes kStrangersTime{1};

std::string joined(std::initializer_list<std::string> parts) {
  std::string key;
  for (const std::string& part : parts) key += std::to_string(part.size()) + ":" + part;
  return key;
}

std::string state_of(const ObjectEvent& located) {
  const ObjectRef& object = located.object;
  return joined({object.bucket.str(), object.key.str(),
                 pins_bytes(object.version) ? object.version->str() : std::string(),
                 located.etag ? located.etag->str() : std::string()});
}

bool goes_away(const ActionRecord& action) {
  return action.status == ActionStatus::done &&
         (action.kind == ActionKind::move || action.kind == ActionKind::remove);
}

// "/a/b" of "a/b/c.txt", which is how RefreshCache names a folder.
std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "/" : "/" + path.substr(0, slash);
}

// Other errors pass, and say nothing about the share.
bool says_no_share(Errc code) {
  return code == Errc::not_found || code == Errc::denied || code == Errc::invalid;
}

template <typename Map>
void make_room(Map& map, std::size_t entries_max, SteadyTime now) {
  if (map.size() < entries_max) return;
  std::erase_if(map, [&](const auto& entry) { return entry.second.until <= now; });
  if (map.size() >= entries_max) map.clear();  // Only a memory: forgetting costs a repetition.
}

}  // namespace

GatewayUploads::GatewayUploads(ObjectStore& store, FileShareAdmin* shares, const Clock& clock,
                               Log& log, Metrics& metrics)
    : store_(store), shares_(shares), clock_(clock), log_(log), metrics_(metrics) {}

// --- where it is -----------------------------------------------------------------------------

Result<std::optional<FileShare>> GatewayUploads::share_of(const std::string& arn, Deadline deadline,
                                                          std::stop_token stop) {
  if (shares_ == nullptr) return std::optional<FileShare>();
  const SteadyTime now = clock_.steady_now();
  {
    std::lock_guard lock(mutex_);
    const auto known = known_shares_.find(arn);
    if (known != known_shares_.end() && known->second.until > now) return known->second.share;
    if (now >= strangers_until_) {
      strangers_ = 0;
      strangers_until_ = now + kStrangersTime;
    }
    if (strangers_ >= kStrangersMax) {
      return Error{Errc::throttled, "messages name too many file shares that do not exist",
                   ErrorCause::too_many_strangers};
    }
    ++strangers_;
  }
  Result<FileShare> asked = shares_->share(arn, deadline, std::move(stop));
  const bool is_stranger = !asked && says_no_share(asked.error().code);
  if (!is_stranger) {
    std::lock_guard lock(mutex_);
    if (strangers_ > 0) --strangers_;
  }
  if (!asked && !is_stranger) return asked.error();
  if (!asked) {
    log_.write_limited(LogLevel::warn, "gateway.share_unknown",
                       {{"share", arn}, {"error", asked.error()}});
  }
  std::lock_guard lock(mutex_);
  make_room(known_shares_, kSharesMax, now);
  KnownShare& known = known_shares_[arn];
  known = {std::nullopt, now + kShareMemory};
  if (asked) known.share = *std::move(asked);
  return known.share;
}

Result<ObjectRef> GatewayUploads::place_of(const ObjectEvent& event, Deadline deadline,
                                           std::stop_token stop) {
  const GatewayUpload& upload = *event.upload;
  const bool names_bucket = !event.object.bucket.str().empty();
  Result<std::optional<FileShare>> asked = share_of(upload.share_arn, deadline, std::move(stop));
  if (!asked && asked.error().cause == ErrorCause::too_many_strangers && names_bucket)
    return event.object;
  CORDON_TRY(const std::optional<FileShare> share, std::move(asked));
  if (!share && !names_bucket) {
    return Error{Errc::invalid, "the event names no bucket, and file share " + upload.share_arn +
                                    " could not be asked for it; grant "
                                    "storagegateway:DescribeNFSFileShares and "
                                    "storagegateway:DescribeSMBFileShares"};
  }
  if (!share) return event.object;
  // Who can put a rule on a bus can send us any event. The share itself says what it shows.
  if (names_bucket && event.object.bucket != share->bucket) {
    return Error{Errc::invalid, "the event says that file share " + upload.share_arn +
                                    " shows bucket " + event.object.bucket.str() +
                                    ", the share says " + share->bucket.str()};
  }
  return ObjectRef{share->bucket, ObjectKey(share->prefix + upload.path)};
}

Result<ObjectEvent> GatewayUploads::locate(const ObjectEvent& event, Deadline deadline,
                                           std::stop_token stop) {
  CORDON_TRY(const ObjectRef place, place_of(event, deadline, stop));
  if (place.key.str().size() > kKeyBytesMax) {
    return Error{Errc::invalid, "prefix and path are longer than a key can be"};
  }
  std::vector<ObjectKey> keys{place.key};
  const std::string& path = event.upload->path;
  const std::string prefix = place.key.str().substr(0, place.key.str().size() - path.size());
  // Whether the path includes the share's prefix is not written down anywhere.
  if (!prefix.empty() && path.starts_with(prefix)) keys.emplace_back(path);
  ObjectEvent located = event;
  located.object = place;
  for (const ObjectKey& key : keys) {
    const Result<ObjectHead> head = store_.head({place.bucket, key}, deadline, stop);
    if (!head && head.error().code == Errc::not_found) continue;
    if (!head && head.error().code == Errc::denied) {
      located.object.key = key;  // The path of any object says what that means.
      return located;
    }
    CORDON_TRY(head);
    located.object = {place.bucket, key, head->version};
    located.etag = head->etag;
    located.size = head->bytes;
    return located;
  }
  return Error{Errc::not_found, "nothing is at " + to_string(place)};
}

// --- turns -----------------------------------------------------------------------------------

GatewayUploads::Turn::~Turn() {
  if (uploads_ != nullptr) uploads_->give_up(key_);
}

void GatewayUploads::Turn::finish() {
  if (uploads_ == nullptr) return;
  {
    std::lock_guard lock(uploads_->mutex_);
    auto& order = uploads_->finished_;
    auto& index = uploads_->finished_index_;
    if (!index.contains(key_)) {
      order.push_back(key_);
      index.emplace(key_, std::prev(order.end()));
    }
    if (index.size() > kFinishedMax) {
      index.erase(order.front());
      order.pop_front();
    }
  }
  std::exchange(uploads_, nullptr)->give_up(key_);
}

void GatewayUploads::give_up(const std::string& key) {
  std::lock_guard lock(mutex_);
  in_work_.erase(key);
}

// Nobody waits for another: the slots would be full of waiting, for one slow file and its events.
std::variant<GatewayUploads::Turn, GatewayUploads::NoTurn> GatewayUploads::take_turn(
    const ObjectEvent& located) {
  const std::string key = state_of(located);
  std::lock_guard lock(mutex_);
  if (in_work_.contains(key)) return NoTurn::busy;
  // Without versions nothing tells a second upload of the same bytes, which has lost its tags, from
  // the first one: it goes the whole way again, and only the engine is spared.
  if (pins_bytes(located.object.version) && finished_index_.contains(key)) {
    return NoTurn::finished;
  }
  in_work_.insert(key);
  return Turn(*this, key);
}

// --- the same bytes again --------------------------------------------------------------------

std::optional<ScanResult> GatewayUploads::lately(const ObjectRef& object,
                                                 const std::string& sha256) const {
  std::lock_guard lock(mutex_);
  const auto found = scanned_.find(joined({object.bucket.str(), object.key.str(), sha256}));
  if (found == scanned_.end() || found->second.until <= clock_.steady_now()) return std::nullopt;
  return found->second.result;
}

void GatewayUploads::remember(const ScanResult& result) {
  const Disposition disposition = result.verdict.disposition;
  // An error or a limit may be gone at the next look.
  const bool lasts = disposition == Disposition::clean || disposition == Disposition::infected ||
                     disposition == Disposition::suspicious;
  if (!lasts || result.skipped || !result.sha256 || !result.bucket || !result.key) return;
  std::lock_guard lock(mutex_);
  make_room(scanned_, kScannedMax, clock_.steady_now());
  scanned_[joined({result.bucket->str(), result.key->str(), *result.sha256})] = {
      result, clock_.steady_now() + kContentMemory};
}

// --- the share's view ------------------------------------------------------------------------

void GatewayUploads::refresh_share(const ObjectEvent& event, const ScanResult& result,
                                   Deadline deadline, std::stop_token stop) {
  const bool is_gone = std::any_of(result.actions.begin(), result.actions.end(), goes_away);
  if (!is_gone || shares_ == nullptr || !event.upload) return;
  const std::string folder = folder_of(event.upload->path);
  const Result<void> refreshed =
      shares_->refresh(event.upload->share_arn, folder, deadline, std::move(stop));
  if (refreshed) {
    metrics_.count("cordon_gateway_refreshes_total", {{"outcome", "done"}});
    return;
  }
  metrics_.count("cordon_gateway_refreshes_total", {{"outcome", "failed"}});
  {
    std::lock_guard lock(mutex_);
    if (refreshed.error().code == Errc::denied && std::exchange(refresh_was_denied_, true)) return;
  }
  log_.write_limited(LogLevel::warn, "gateway.not_refreshed",
                     {{"share", event.upload->share_arn},
                      {"folder", folder},
                      {"meaning", "clients of the gateway see the object until its cache expires"},
                      {"error", refreshed.error()}});
}

}  // namespace cordon
