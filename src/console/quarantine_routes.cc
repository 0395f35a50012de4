// Objects in quarantine: listed, put back, deleted. Nobody gets their bytes here.
//
// Whoever may restore may not reach other buckets by it: a quarantine that a request names is one
// of the deployment's, or there is none.

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/text.h"
#include "console/api_body.h"
#include "console/api_families.h"
#include "console/api_names.h"
#include "console/deployment_response.h"
#include "core/quarantine_record.h"
#include "operations/quarantined_objects.h"
#include "operations/quarantines.h"
#include "operations/settings_in_force.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kListTime{60};
constexpr std::chrono::seconds kRestoreTime{300};  // Large objects are copied by parts.
constexpr std::chrono::seconds kDeleteTime{60};
constexpr std::chrono::seconds kSettingsLimit{15};
constexpr std::size_t kIdBytesMax = 4096;
constexpr std::size_t kIdsMax = 100;

using MaybeBucket = std::optional<BucketName>;

Result<Settings> settings_for(const DeploymentWork& work) {
  CORDON_TRY(KnownSettings known,
             settings_in_force(work.access, Deadline::after(work.runtime.clock, kSettingsLimit),
                               work.runtime.stop));
  return std::move(known.settings);
}

// All of them, or the one that is named where it is among them.
Result<Quarantines> chosen_quarantines(const DeploymentWork& work, const Settings& settings,
                                       const MaybeBucket& named) {
  Quarantines all = all_quarantines(
      work.access, settings, Deadline::after(work.runtime.clock, kListTime), work.runtime.stop);
  if (!named) return all;
  if (std::find(all.buckets.begin(), all.buckets.end(), *named) == all.buckets.end()) {
    return Error{Errc::not_found, named->str() + " is no quarantine of this deployment"};
  }
  all.buckets = {*named};
  return all;
}

// --- list ------------------------------------------------------------------------------------

/// Where a page begins: in this quarantine, behind that id.
struct Start {
  BucketName quarantine;
  std::optional<std::string> after = std::nullopt;
};

std::string cursor_of(const Start& start) {
  const std::string text = start.quarantine.str() + " " + start.after.value_or("");
  return base64url(as_bytes_of(text));
}

Result<Start> start_in(const std::string& cursor) {
  const Error wrong{Errc::invalid, "cursor: take it from `next` of the page before"};
  std::string padded = cursor;
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  const Result<std::string> text = unbase64(padded);
  if (!text) return wrong;
  const std::size_t space = std::min(text->find(' '), text->size());
  const Result<BucketName> quarantine = parse_bucket_name(text->substr(0, space));
  if (!quarantine || space == text->size()) return wrong;
  Start start{*quarantine};
  if (space + 1 < text->size()) start.after = text->substr(space + 1);
  if (start.after && !parse_quarantine_id(*start.after, *quarantine)) return wrong;
  return start;
}

struct ListOrder {
  MaybeBucket quarantine;
  MaybeBucket bucket;
  std::string prefix;
  std::size_t limit = 100;
  std::optional<Start> start;
};

MaybeBucket bucket_parameter(ApiRequest& request, std::string_view name) {
  const std::optional<std::string> text = request.text(name);
  if (!text) return std::nullopt;
  const Result<BucketName> bucket = parse_bucket_name(*text);
  if (bucket) return *bucket;
  request.wrong(name, bucket.error().what);
  return std::nullopt;
}

Result<ListOrder> list_order(ApiRequest& request) {
  ListOrder order{.quarantine = bucket_parameter(request, "quarantine"),
                  .bucket = bucket_parameter(request, "bucket"),
                  .prefix = request.text("prefix").value_or(""),
                  .limit = request.limit(),
                  .start = std::nullopt};
  if (!order.prefix.empty() && !order.bucket) request.wrong("prefix", "it needs a bucket");
  if (const std::optional<std::string> cursor = request.text("cursor")) {
    Result<Start> start = start_in(*cursor);
    if (start) order.start = *std::move(start);
    if (!start) request.wrong("cursor", "take it from `next` of the page before");
  }
  CORDON_TRY(request.checked());
  return order;
}

/// One page over the quarantines, as many of them as it takes.
class PageOfQuarantines {
 public:
  PageOfQuarantines(const DeploymentWork& work, const Settings& settings, const ListOrder& order)
      : work_(work), settings_(settings), order_(order) {}

  Result<ServerResponse> answer() {
    CORDON_TRY(const Quarantines all, chosen_quarantines(work_, settings_, order_.quarantine));
    for (const std::string& what : all.unseen) {
      unseen_.push_back(json::object{{"quarantine", nullptr}, {"code", nullptr}, {"detail", what}});
    }
    auto at = all.buckets.begin();
    if (order_.start) at = std::find(at, all.buckets.end(), order_.start->quarantine);
    if (order_.start && at == all.buckets.end()) {
      return Error{Errc::invalid, "the quarantine of the page before is none any more"};
    }
    std::optional<std::string> after = order_.start ? order_.start->after : std::nullopt;
    for (; at != all.buckets.end() && !next_; ++at) {
      if (items_.size() == order_.limit) {
        next_ = Start{*at};
        break;
      }
      CORDON_TRY(take_from(*at, std::exchange(after, std::nullopt)));
    }
    return document_response(
        json::object{{"items", std::move(items_)},
                     {"next", next_ ? json::value(cursor_of(*next_)) : json::value(nullptr)},
                     {"unseen", std::move(unseen_)}});
  }

 private:
  Result<void> take_from(const BucketName& quarantine, std::optional<std::string> after) {
    const QuarantineListRequest request{.quarantine = quarantine,
                                        .bucket = order_.bucket,
                                        .prefix = order_.prefix,
                                        .after = std::move(after),
                                        .count_max = order_.limit - items_.size()};
    CORDON_TRY(const QuarantineListReport report,
               list_quarantined(
                   work_.access, work_.runtime, settings_, request,
                   [this](const QuarantineEntry& entry) { items_.push_back(document_of(entry)); }));
    for (const QuarantineListing& one : report.listings) {
      if (one.error && one.error->code == Errc::cancelled) return *one.error;
      if (one.error && one.state != QuarantineListing::State::missing) {
        json::object problem = problem_of(*one.error);
        problem["quarantine"] = one.quarantine.str();
        unseen_.push_back(std::move(problem));
      }
      if (one.more) next_ = Start{quarantine, quarantine_id(*one.more)};
    }
    return {};
  }

  const DeploymentWork& work_;
  const Settings& settings_;
  const ListOrder& order_;
  json::array items_;
  json::array unseen_;
  std::optional<Start> next_;
};

Result<ServerResponse> list(ApiCall& call) {
  CORDON_TRY(const ListOrder order, list_order(call.request));
  return call.deployment.answer({.time = kListTime}, call.stop,
                                [&](const DeploymentWork& work) -> Result<ServerResponse> {
                                  CORDON_TRY(const Settings settings, settings_for(work));
                                  return PageOfQuarantines(work, settings, order).answer();
                                });
}

// --- restore ---------------------------------------------------------------------------------

/// What stands in the body; where the object lies is found out later.
struct RestoreOrder {
  std::string id;
  MaybeBucket quarantine;
  RestoreRequest request;
};

Result<MaybeBucket> quarantine_in(ApiBody& body) {
  const std::optional<std::string> name = body.members().maybe_text("quarantine");
  if (!name) return MaybeBucket();
  CORDON_TRY(BucketName bucket, parse_bucket_name(*name));
  return MaybeBucket(std::move(bucket));
}

Result<void> check_id(const std::string& id) {
  if (id.size() > kIdBytesMax) return Error{Errc::invalid, "no id is longer than 4 KiB"};
  CORDON_TRY(parse_quarantine_id(id, BucketName("any")));
  return {};
}

Result<std::optional<ObjectRef>> place_in(ApiBody& body) {
  if (!body.has("to")) return std::optional<ObjectRef>();
  JsonMembers to = body.members().object("to");
  const std::string bucket = to.text("bucket");
  const std::string key = to.text("key");
  CORDON_TRY(body.checked());
  ObjectRef place;
  CORDON_TRY(place.bucket, parse_bucket_name(bucket));
  CORDON_TRY(place.key, parse_object_key(key));
  return std::optional<ObjectRef>(std::move(place));
}

Result<RestoreOrder> restore_order(const ServerRequest& http) {
  CORDON_TRY(ApiBody body,
             ApiBody::parse(http, {"id", "quarantine", "allow", "expires", "to", "overwrite"}));
  JsonMembers members = body.members();
  RestoreOrder order{.id = members.text("id"), .quarantine = {}, .request = {}};
  const std::string allow = members.maybe_text("allow").value_or("none");
  if (allow == "once") order.request.allow = Allow::once;
  if (allow == "always") order.request.allow = Allow::always;
  if (allow != "none" && order.request.allow == Allow::none) members.wrong("allow");
  order.request.allow_until = members.maybe_time("expires");
  if (order.request.allow_until && order.request.allow != Allow::always) members.wrong("expires");
  order.request.overwrite = body.flag("overwrite");
  CORDON_TRY(body.checked());
  CORDON_TRY(order.quarantine, quarantine_in(body));
  CORDON_TRY(order.request.to, place_in(body));
  CORDON_TRY(check_id(order.id));
  return order;
}

std::vector<std::string> words_of(const RestoreOrder& order) {
  const RestoreRequest& request = order.request;
  std::vector<std::string> words{"quarantine", "restore", order.id, "--quarantine",
                                 request.stored.bucket.str()};
  if (request.allow == Allow::once) words.insert(words.end(), {"--allow", "once"});
  if (request.allow == Allow::always) words.insert(words.end(), {"--allow", "always"});
  if (request.allow_until) {
    words.insert(words.end(), {"--expires", rfc3339_s(*request.allow_until)});
  }
  if (request.to) {
    words.insert(words.end(),
                 {"--to", "s3://" + request.to->bucket.str() + "/" + request.to->key.str()});
  }
  if (request.overwrite) words.emplace_back("--overwrite");
  return words;
}

Result<ServerResponse> restore(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(RestoreOrder order, restore_order(call.http));
  return call.deployment.answer(
      {.time = kRestoreTime, .alone_on = order.id}, call.stop,
      [&](const DeploymentWork& work) -> Result<ServerResponse> {
        CORDON_TRY(const Settings settings, settings_for(work));
        CORDON_TRY(chosen_quarantines(work, settings, order.quarantine));
        CORDON_TRY(
            const std::vector<ObjectRef> located,
            locate_quarantined(work.access, work.runtime, settings, {order.id}, order.quarantine));
        order.request.stored = located.front();
        CORDON_TRY(const Restored restored,
                   restore_quarantined(work.access, work.runtime, settings, order.request,
                                       [](std::string_view) {}));
        json::object document = document_of(restored);
        document["command"] = equal_command(work.access, words_of(order));
        return document_response(document);
      });
}

// --- delete ----------------------------------------------------------------------------------

struct DeleteOrder {
  std::vector<std::string> ids;
  MaybeBucket quarantine;
};

Result<DeleteOrder> delete_order(const ServerRequest& http) {
  CORDON_TRY(ApiBody body, ApiBody::parse(http, {"ids", "quarantine"}));
  DeleteOrder order{.ids = body.texts("ids", kIdsMax), .quarantine = {}};
  if (order.ids.empty()) body.wrong("ids");
  CORDON_TRY(body.checked());
  CORDON_TRY(order.quarantine, quarantine_in(body));
  for (const std::string& id : order.ids) CORDON_TRY(check_id(id));
  return order;
}

// All are looked for before the first one is deleted; what goes wrong with one is told beside what
// was done with the others.
Result<ServerResponse> remove_all(const DeploymentWork& work, const DeleteOrder& order) {
  CORDON_TRY(const Settings settings, settings_for(work));
  CORDON_TRY(chosen_quarantines(work, settings, order.quarantine));
  CORDON_TRY(const std::vector<ObjectRef> located,
             locate_quarantined(work.access, work.runtime, settings, order.ids, order.quarantine));
  json::array items;
  json::array problems;
  std::optional<Error> first;
  for (const ObjectRef& stored : located) {
    const Result<QuarantineDeletion> deletion =
        delete_quarantined(work.access, work.runtime, stored);
    if (deletion) {
      items.push_back(document_of(*deletion));
      continue;
    }
    if (!first) first = deletion.error();
    json::object problem = problem_of(deletion.error());
    problem["id"] = quarantine_id(stored);
    problems.push_back(std::move(problem));
  }
  if (items.empty() && first) return *first;
  std::vector<std::string> words{"quarantine", "delete"};
  words.insert(words.end(), order.ids.begin(), order.ids.end());
  return document_response(json::object{{"items", std::move(items)},
                                        {"problems", std::move(problems)},
                                        {"command", equal_command(work.access, words)}});
}

Result<ServerResponse> remove(ApiCall& call) {
  CORDON_TRY(call.request.checked());
  CORDON_TRY(const DeleteOrder order, delete_order(call.http));
  return call.deployment.answer({.time = kDeleteTime}, call.stop, [&](const DeploymentWork& work) {
    return remove_all(work, order);
  });
}

constexpr std::array<ApiRoute, 3> kRoutes = {{
    {"GET", "/api/v1/quarantine", ApiRole::viewer, list},
    {"POST", "/api/v1/quarantine/restore", ApiRole::operator_, restore},
    {"POST", "/api/v1/quarantine/delete", ApiRole::operator_, remove},
}};

}  // namespace

std::span<const ApiRoute> quarantine_routes() { return kRoutes; }

}  // namespace cordon
