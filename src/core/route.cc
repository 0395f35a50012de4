#include "core/route.h"

#include <algorithm>

#include "core/provenance.h"

namespace cordon {
namespace {

using Kind = ActionKind;

constexpr std::size_t kKeyBytesMax = 1024;

bool takes_away(const PlannedAction& action) {
  return action.kind == Kind::move || action.kind == Kind::remove;
}

std::string folder_of(const Destination& to) {
  return to.prefix + (to.prefix.empty() || to.prefix.back() == '/' ? "" : "/");
}

PlannedAction to_destination(Kind kind, const Destination& to, const ObjectRef& object) {
  if (lies_below(to, object.bucket, object.key.str())) {
    return {.kind = kind, .bucket = to.bucket, .key = object.key, .is_there = true};
  }
  PlannedAction action{
      .kind = kind, .bucket = to.bucket, .key = ObjectKey(key_below(to, object.key.str()))};
  if (action.key->str().size() > kKeyBytesMax)
    action.impossible = "the destination key is longer than 1,024 bytes";
  return action;
}

// What has arrived goes no further, or routes would lead it round; but never past the quarantine.
void keep_what_arrived(std::vector<PlannedAction>& transfers, bool& remove) {
  const bool arrived = std::any_of(transfers.begin(), transfers.end(),
                                   [](const PlannedAction& a) { return a.is_there; });
  if (!arrived) return;
  remove = false;
  std::erase_if(transfers, [](const PlannedAction& a) { return !a.is_there && !a.to_quarantine; });
  std::stable_partition(transfers.begin(), transfers.end(),
                        [](const PlannedAction& a) { return a.is_there; });
}

PlannedAction planned(const RouteStep& step, const ObjectRef& object,
                      const BucketName& quarantine) {
  switch (step.kind) {
    case RouteStep::Kind::keep:
      return {Kind::keep};
    case RouteStep::Kind::remove:
      return {Kind::remove};
    case RouteStep::Kind::quarantine:
      return {Kind::move, quarantine, quarantine_key(object), true};
    case RouteStep::Kind::move:
      return to_destination(Kind::move, step.to.value_or(Destination()), object);
    case RouteStep::Kind::copy:
      return to_destination(Kind::copy, step.to.value_or(Destination()), object);
  }
  return {Kind::keep};
}

bool same_place(const PlannedAction& a, const PlannedAction& b) {
  return a.bucket == b.bucket && a.key == b.key && a.bucket.has_value();
}

}  // namespace

bool lies_below(const Destination& to, const BucketName& bucket, const std::string& key) {
  return bucket == to.bucket && key.starts_with(folder_of(to));
}

std::string key_below(const Destination& to, const std::string& key) { return folder_of(to) + key; }

std::vector<PlannedAction> plan_route(const Route& route, const ObjectRef& object,
                                      const BucketName& quarantine) {
  std::vector<PlannedAction> transfers;
  bool keep = route.empty();
  bool remove = false;
  for (const RouteStep& step : route) {
    PlannedAction action = planned(step, object, quarantine);
    if (action.kind == Kind::keep) {
      keep = true;
    } else if (action.kind == Kind::remove) {
      remove = true;
    } else {
      const auto known =
          std::find_if(transfers.begin(), transfers.end(),
                       [&](const PlannedAction& other) { return same_place(other, action); });
      if (known == transfers.end()) {
        transfers.push_back(std::move(action));
      } else if (action.kind == Kind::move) {
        known->kind = Kind::move;
      }
    }
  }
  keep_what_arrived(transfers, remove);
  const bool stuck = std::any_of(transfers.begin(), transfers.end(),
                                 [](const PlannedAction& a) { return a.impossible.has_value(); });
  if (stuck) keep = true;

  // The last move takes the object away, after everything else has its copy.
  std::stable_partition(transfers.begin(), transfers.end(),
                        [](const PlannedAction& a) { return a.is_there || a.kind == Kind::copy; });
  for (std::size_t i = 0; i < transfers.size(); ++i) {
    const bool last = i + 1 == transfers.size();
    // An impossible move stays one by name: it is reported as what was asked for.
    const bool leads_away = !transfers[i].impossible && !transfers[i].is_there;
    if ((keep || !last) && leads_away) transfers[i].kind = Kind::copy;
  }
  const bool moves = !transfers.empty() && takes_away(transfers.back());
  if (remove && !keep && !moves) transfers.push_back({Kind::remove});
  if (transfers.empty()) transfers.push_back({Kind::keep});
  return transfers;
}

}  // namespace cordon
