#include "provision/gateway_link.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/text.h"
#include "core/partition.h"
#include "provision/topology.h"

namespace cordon {
namespace {

namespace json = boost::json;

using State = ProvisionStep::State;

constexpr std::chrono::seconds kSettlingDefault{60};
constexpr std::chrono::seconds kSettlingMin{60};
constexpr std::chrono::seconds kSettlingMax{600};
// EventBridge's ceilings.
constexpr std::size_t kPatternBytesMax = 2048;
constexpr std::size_t kDescriptionBytesMax = 512;
constexpr std::string_view kAnnouncedMark = "Announced before: ";

template <typename List, typename Item>
bool contains(const List& list, const Item& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// "share-F123D451" of "arn:aws:storagegateway:eu-west-1:111122223333:share/share-F123D451".
std::string id_of(const std::string& share_arn) {
  return share_arn.substr(share_arn.rfind('/') + 1);
}

// The region that an ARN of a file share names.
Result<Region> region_of(const std::string& text) {
  const std::optional<Arn> arn = parse_arn(text);
  if (!arn || arn->service != "storagegateway" || arn->region.empty() ||
      !arn->resource.starts_with("share/") || text.size() > 256) {
    return usage_error(utf8_clean(text, 256) +
                       " is no ARN of a file share; it looks like "
                       "arn:PARTITION:storagegateway:REGION:ACCOUNT:share/share-ID");
  }
  const Region region{std::string(arn->region)};
  if (const std::string_view partition = partition_of(region).id; partition != arn->partition) {
    return usage_error(utf8_clean(text, 256) + " contradicts itself: " + region.str() +
                       " is a region of partition " + std::string(partition));
  }
  return region;
}

std::string pattern_for(const std::vector<std::string>& shares) {
  return json::serialize(json::object{
      {"source", json::array{"aws.storagegateway"}},
      {"detail-type",
       json::array{"Storage Gateway Object Upload Event", "Storage Gateway File Upload Event"}},
      {"resources", json::array(shares.begin(), shares.end())}});
}

std::vector<std::string> shares_in(const std::string& pattern) {
  json::error_code failed;
  const json::value document = json::parse(pattern, failed);
  std::vector<std::string> shares;
  if (failed || !document.is_object()) return shares;
  const json::value* resources = document.get_object().if_contains("resources");
  if (resources == nullptr || !resources->is_array()) return shares;
  for (const json::value& one : resources->get_array()) {
    if (one.is_string()) shares.emplace_back(one.get_string());
  }
  std::sort(shares.begin(), shares.end());
  return shares;
}

std::vector<std::string> announced_in(const std::string& description) {
  std::vector<std::string> ids;
  std::size_t at = description.find(kAnnouncedMark);
  if (at == std::string::npos) return ids;
  at += kAnnouncedMark.size();
  while (at < description.size()) {
    const std::size_t comma = std::min(description.find(',', at), description.size());
    ids.push_back(description.substr(at, comma - at));
    at = comma + 1;
  }
  return ids;
}

std::string description_for(const Deployment& deployment, const std::vector<std::string>& ids) {
  std::string text = "Uploads through file shares for Cordon (" + deployment.name() + ").";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    text += i == 0 ? " " + std::string(kAnnouncedMark) : ",";
    text += ids[i];
  }
  return text;
}

void add(GatewayReport& report, ProvisionPart part, std::string name, State state,
         std::string note = {}) {
  report.steps.push_back({part, std::move(name), state, std::move(note)});
}

std::string settling_text(const FileShare& share) {
  return std::to_string(share.settling->count()) + " s after the last write";
}

}  // namespace

GatewayLink::GatewayLink(const Deployment& deployment, AccountId account, RegionAdminSource regions,
                         RegionWiringSource wiring, Protection& protection)
    : deployment_(deployment),
      account_(std::move(account)),
      regions_(std::move(regions)),
      wiring_(std::move(wiring)),
      protection_(protection) {}

Result<GatewayLink::Place> GatewayLink::place_in(const Region& region) {
  CORDON_TRY(const RegionAdmin admin, regions_(region));
  CORDON_TRY(const RegionWiring wiring, wiring_(region));
  return Place{region, admin, wiring, topic_arn_of(region, account_, deployment_.event_topic())};
}

Result<GatewayLink::Place> GatewayLink::place_of(const std::string& share_arn) {
  CORDON_TRY(const Region region, region_of(share_arn));
  return place_in(region);
}

Result<GatewayLink::Linked> GatewayLink::linked_in(Place& place, Deadline deadline,
                                                   std::stop_token stop) {
  CORDON_TRY(const std::optional<EventRule> rule,
             place.wiring.bus.rule(deployment_.gateway_rule(), deadline, std::move(stop)));
  Linked linked;
  if (!rule) return linked;
  linked.shares = shares_in(rule->pattern);
  linked.announced = announced_in(rule->description);
  linked.works = rule->enabled && contains(rule->targets, place.topic_arn);
  return linked;
}

Result<void> GatewayLink::write(Place& place, const Linked& linked, Deadline deadline,
                                std::stop_token stop) {
  const std::string name = deployment_.gateway_rule();
  if (linked.shares.empty()) {
    return place.wiring.bus.remove_rule(name, deadline, std::move(stop));
  }
  EventRule rule{.name = name,
                 .pattern = pattern_for(linked.shares),
                 .description = description_for(deployment_, linked.announced),
                 .enabled = true,
                 .targets = {place.topic_arn}};
  if (rule.pattern.size() > kPatternBytesMax || rule.description.size() > kDescriptionBytesMax) {
    return Error{Errc::invalid,
                 "the rule " + name + " has room for " + std::to_string(linked.shares.size() - 1) +
                     " file shares; link this one to another deployment of Cordon (--deployment)"};
  }
  return place.wiring.bus.put_rule(rule, deadline, std::move(stop));
}

Result<bool> GatewayLink::sends_s3_events(const BucketName& bucket, Deadline deadline,
                                          std::stop_token stop) {
  CORDON_TRY(const ProvisionReport report, protection_.status(bucket, deadline, std::move(stop)));
  return report.has(ProvisionPart::notification, State::present);
}

Result<void> GatewayLink::check_bucket(Place& place, const FileShare& share, bool beside_s3_events,
                                       Deadline deadline, std::stop_token stop) {
  CORDON_TRY(protection_.check_not_own(share.bucket, deadline, stop));
  CORDON_TRY(const Region region, place.admin.buckets.region_of(share.bucket, deadline, stop));
  if (region != place.region) {
    return Error{Errc::invalid, "file share " + share.arn + " is in " + place.region.str() +
                                    " and its bucket " + share.bucket.str() + " in " +
                                    region.str() +
                                    ": one agent serves one region, so this is not supported"};
  }
  if (beside_s3_events) return {};
  CORDON_TRY(const bool sends, sends_s3_events(share.bucket, deadline, std::move(stop)));
  if (!sends) return {};
  return Error{Errc::invalid,
               "bucket " + share.bucket.str() +
                   " is protected by S3 events, which come for parts of files that a gateway is "
                   "still uploading; run: cordon bucket unprotect " +
                   share.bucket.str() +
                   ", or link it all the same with --beside-s3-events and have uploads looked at "
                   "twice"};
}

Result<void> GatewayLink::admit_bus(Place& place, GatewayReport& report, Deadline deadline,
                                    std::stop_token stop) {
  CORDON_TRY(const std::string present, place.admin.topics.policy(place.topic_arn, deadline, stop));
  if (has_statement(present, kTopicFromEventBusSid)) {
    add(report, ProvisionPart::topic_policy, kTopicFromEventBusSid, State::present);
    return {};
  }
  CORDON_TRY(const std::string wanted, with_event_bus(present, place.topic_arn));
  CORDON_TRY(place.admin.topics.set_policy(place.topic_arn, wanted, deadline, std::move(stop)));
  add(report, ProvisionPart::topic_policy, kTopicFromEventBusSid, State::changed);
  return {};
}

Result<GatewayReport> GatewayLink::link(const std::string& share_arn,
                                        const GatewayLinkOptions& options, Deadline deadline,
                                        std::stop_token stop) {
  if (options.settling && (*options.settling < kSettlingMin || *options.settling > kSettlingMax)) {
    return Error{Errc::invalid, "a file must rest between 60 and 600 seconds"};
  }
  CORDON_TRY(Place place, place_of(share_arn));
  CORDON_TRY(FileShare share, place.wiring.shares.share(share_arn, deadline, stop));
  CORDON_TRY(check_bucket(place, share, options.beside_s3_events, deadline, stop));
  ProvisionReport region{.bucket = share.bucket, .region = place.region, .steps = {}};
  CORDON_TRY(protection_.prepare(place.region, region, deadline, stop));
  GatewayReport report{.share_arn = share_arn, .steps = std::move(region.steps)};
  CORDON_TRY(admit_bus(place, report, deadline, stop));

  // The rule comes before the announcements: it remembers how they stood.
  CORDON_TRY(Linked linked, linked_in(place, deadline, stop));
  const bool is_new = !contains(linked.shares, share_arn);
  if (is_new && share.settling) linked.announced.push_back(id_of(share_arn));
  if (is_new) linked.shares.push_back(share_arn);
  std::sort(linked.shares.begin(), linked.shares.end());
  if (is_new || !linked.works) CORDON_TRY(write(place, linked, deadline, stop));
  add(report, ProvisionPart::rule, deployment_.gateway_rule(),
      is_new ? State::changed : State::present);

  const std::chrono::seconds wanted =
      options.settling.value_or(share.settling.value_or(kSettlingDefault));
  State announced = State::present;
  if (share.settling != wanted) {
    CORDON_TRY(place.wiring.shares.announce_uploads(share, wanted, deadline, stop));
    announced = share.settling ? State::changed : State::created;
    share.settling = wanted;
  }
  add(report, ProvisionPart::announcements, std::string(name_of(share.protocol)) + " " + share_arn,
      announced, settling_text(share));
  CORDON_TRY(enter(place, share, report, deadline, stop));
  report.share = std::move(share);
  report.is_linked = true;
  return report;
}

Result<GatewayReport> GatewayLink::unlink(const std::string& share_arn, Deadline deadline,
                                          std::stop_token stop) {
  CORDON_TRY(Place place, place_of(share_arn));
  CORDON_TRY(Linked linked, linked_in(place, deadline, stop));
  GatewayReport report{.share_arn = share_arn};
  if (!contains(linked.shares, share_arn)) {
    add(report, ProvisionPart::rule, deployment_.gateway_rule(), State::missing);
    CORDON_TRY(leave(place, report, deadline, std::move(stop)));
    return report;
  }
  Result<FileShare> share = place.wiring.shares.share(share_arn, deadline, stop);
  if (!share && share.error().code != Errc::not_found) return share.error();
  if (share && !contains(linked.announced, id_of(share_arn))) {
    CORDON_TRY(place.wiring.shares.announce_uploads(*share, std::nullopt, deadline, stop));
    add(report, ProvisionPart::announcements, share_arn, State::removed);
  } else if (share) {
    add(report, ProvisionPart::announcements, share_arn, State::kept,
        "they were on before the share was linked");
  }
  std::erase(linked.shares, share_arn);
  std::erase(linked.announced, id_of(share_arn));
  CORDON_TRY(write(place, linked, deadline, stop));
  add(report, ProvisionPart::rule, deployment_.gateway_rule(),
      linked.shares.empty() ? State::removed : State::changed);
  CORDON_TRY(leave(place, report, deadline, std::move(stop)));
  if (share) report.share = *std::move(share);
  return report;
}

Result<void> GatewayLink::enter(Place& place, const FileShare& share, GatewayReport& report,
                                Deadline deadline, std::stop_token stop) {
  if (register_ == nullptr) return {};
  CORDON_TRY(ProvisionStep step, entry_step(register_->add(share.bucket, account_, place.region,
                                                           kByGateway, deadline, std::move(stop))));
  report.steps.push_back(std::move(step));
  return {};
}

// By what is linked now and not by the share: it may be gone, another one may be of the same
// bucket, and a run before this one may have come only so far.
Result<void> GatewayLink::leave(Place& place, GatewayReport& report, Deadline deadline,
                                std::stop_token stop) {
  if (register_ == nullptr) return {};
  const Result<std::set<BucketName>> linked = linked_buckets(place.region, deadline, stop);
  if (!linked) return not_removed(linked.error());
  const Result<ProtectedDocument> document = register_->current(deadline, stop);
  if (!document) return not_removed(document.error());
  for (const auto& [bucket, entry] : document->buckets) {
    const bool is_ours = entry.region == place.region && entry.account == account_;
    if (!is_ours || !entry.ways.contains(kByGateway) || linked->contains(bucket)) continue;
    const Result<bool> removed = register_->remove(bucket, kByGateway, deadline, stop);
    if (!removed) return not_removed(removed.error());
    if (*removed) report.steps.push_back(removal_step());
  }
  return {};
}

Result<GatewayReport> GatewayLink::inspect(Place& place, const Linked& linked,
                                           const std::string& share_arn, Deadline deadline,
                                           std::stop_token stop) {
  GatewayReport report{.share_arn = share_arn};
  const std::string remedy = "run: cordon gateway link --file-share-arn " + share_arn;
  const bool named = contains(linked.shares, share_arn);
  Result<FileShare> share = place.wiring.shares.share(share_arn, deadline, stop);
  if (!share && share.error().code == Errc::cancelled) return share.error();
  if (!share) {
    add(report, ProvisionPart::share, share_arn, State::missing,
        share.error().what +
            (named ? "; run: cordon gateway unlink --file-share-arn " + share_arn : std::string()));
    return report;
  }
  report.share = *std::move(share);
  if (!named) return report;
  add(report, ProvisionPart::rule, deployment_.gateway_rule(),
      linked.works ? State::present : State::missing, linked.works ? "" : remedy);
  const Result<std::string> policy = place.admin.topics.policy(place.topic_arn, deadline, stop);
  const bool admitted = policy && has_statement(*policy, kTopicFromEventBusSid);
  add(report, ProvisionPart::topic_policy, kTopicFromEventBusSid,
      admitted ? State::present : State::missing, admitted ? "" : remedy);
  const bool announces = report.share->settling.has_value();
  add(report, ProvisionPart::announcements, share_arn, announces ? State::present : State::missing,
      announces ? settling_text(*report.share) : remedy);
  report.is_linked = linked.works && admitted && announces;
  const Result<bool> twice = sends_s3_events(report.share->bucket, deadline, std::move(stop));
  if (twice && *twice) {
    add(report, ProvisionPart::s3_events, report.share->bucket.str(), State::kept,
        "the bucket is protected by S3 events as well, so uploads are looked at twice");
  }
  return report;
}

Result<std::vector<GatewayReport>> GatewayLink::status(const Region& region, Deadline deadline,
                                                       std::stop_token stop) {
  CORDON_TRY(Place place, place_in(region));
  CORDON_TRY(const Linked linked, linked_in(place, deadline, stop));
  CORDON_TRY(std::vector<std::string> shares, place.wiring.shares.list(deadline, stop));
  for (const std::string& arn : linked.shares) {
    if (!contains(shares, arn)) shares.push_back(arn);
  }
  std::sort(shares.begin(), shares.end());
  std::vector<GatewayReport> reports;
  for (const std::string& arn : shares) {
    CORDON_TRY(GatewayReport report, inspect(place, linked, arn, deadline, stop));
    reports.push_back(std::move(report));
  }
  return reports;
}

Result<std::set<BucketName>> GatewayLink::linked_buckets(const Region& region, Deadline deadline,
                                                         std::stop_token stop) {
  CORDON_TRY(Place place, place_in(region));
  CORDON_TRY(const Linked linked, linked_in(place, deadline, stop));
  std::set<BucketName> buckets;
  std::optional<Error> unseen;
  for (const std::string& arn : linked.shares) {
    const Result<FileShare> share = place.wiring.shares.share(arn, deadline, stop);
    if (share) buckets.insert(share->bucket);
    if (!share && share.error().code != Errc::not_found) unseen = share.error();
  }
  if (!unseen) return buckets;
  if (register_ == nullptr || unseen->code == Errc::cancelled) return *unseen;
  // One share that cannot be described: which bucket it shows was written down when it was linked.
  CORDON_TRY(const ProtectedDocument set, register_->current(deadline, std::move(stop)));
  for (const auto& [bucket, entry] : set.buckets) {
    if (entry.region == region && entry.ways.contains(kByGateway)) buckets.insert(bucket);
  }
  return buckets;
}

}  // namespace cordon
