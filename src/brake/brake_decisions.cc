#include "brake/brake_decisions.h"

#include <algorithm>

#include "base/parallel_for.h"
#include "core/ports/scan_asking.h"
#include "core/ports/small_document.h"

namespace cordon {
namespace {

using Kind = BrakeDecision::Kind;
using Phase = BrakeState::Phase;

constexpr std::chrono::seconds kCallLimit{30};
constexpr std::chrono::minutes kPageLimit{10};
constexpr std::size_t kRecordBytesMax = 16U << 10U;
constexpr std::size_t kPage = 200;  // What a stop may repeat.
constexpr std::size_t kThreads = 8;
constexpr std::size_t kBatch = 10;
constexpr int kPagesMax = 100'000;
constexpr int kWritesMax = 10;
constexpr int kRoundsMax = 20;

// Does something with each, some at a time; the first error, if there was one.
template <typename Item, typename Work>
Result<void> each(std::vector<Item>& items, const Work& work) {
  std::vector<Result<void>> results(items.size());
  parallel_for(items.size(), {.threads_max = kThreads}, {},
               [&](std::size_t i) { results[i] = work(items[i]); });
  for (Result<void>& result : results) {
    if (!result) return std::move(result);
  }
  return {};
}

ObjectEvent request_for(const HeldObject& held, SystemTime now) {
  return {.source = EventSource::retro,
          .object = held.object,
          .etag = held.etag,
          .size = held.size,
          .time = now,
          .is_forced = true};
}

}  // namespace

RetryContext BrakeDecisions::context(const std::stop_token& stop) {
  return {options_.retry,
          retries_,
          ports_.clock,
          ports_.random,
          Deadline::after(ports_.clock, kPageLimit),
          stop};
}

Deadline BrakeDecisions::limit() const { return Deadline::after(ports_.clock, kCallLimit); }

// --- documents -------------------------------------------------------------------------------

Result<std::optional<StoredDocument>> BrakeDecisions::stored(DocumentStore& store,
                                                             const std::stop_token& stop) {
  auto found = store.read(std::nullopt, limit(), stop);
  if (!found && found.error().code == Errc::not_found) return std::optional<StoredDocument>();
  return found;
}

Error BrakeDecisions::not_understood(const char* name, const Error& why, const char* remedy) const {
  return Error{Errc::invalid, "the document " + options_.bucket.str() + "/" + options_.folder +
                                  name + " is not understood: " + why.what + "; " + remedy};
}

Result<BrakeDecisions::Seen> BrakeDecisions::look(const std::stop_token& stop) {
  Seen seen;
  CORDON_TRY(const auto decisions, stored(ports_.decisions, stop));
  if (decisions) {
    Result<BrakeState> read = parse_brake_state(decisions->document);
    if (!read) {
      return not_understood("state.json", read.error(),
                            "a later version may have written it; remove it, and nothing is "
                            "decided any more");
    }
    seen.state = *std::move(read);
    seen.etag = decisions->etag;
  }
  CORDON_TRY(const auto told, stored(ports_.pulled, stop));
  std::optional<BrakePull> pull;
  if (told) {
    Result<BrakePull> read = parse_brake_pull(told->document);
    if (!read) {
      return not_understood("pulled.json", read.error(),
                            "remove it, and agents that hold objects write it anew");
    }
    pull = *std::move(read);
  }
  const std::optional<BrakePull> open = undecided_pull(seen.state, pull);
  seen.state = state_of(open, std::move(seen.state));
  return seen;
}

Result<BrakeState> BrakeDecisions::state(std::stop_token stop) {
  CORDON_TRY(Seen seen, look(stop));
  return std::move(seen.state);
}

// --- records ---------------------------------------------------------------------------------

CatalogueQuery BrakeDecisions::query() const {
  return {.bucket = options_.bucket, .prefix = options_.folder + "held/", .count_max = kPage};
}

Result<CataloguePage> BrakeDecisions::page(const CatalogueQuery& query,
                                           const std::stop_token& stop) {
  return ports_.catalogue.list(query, limit(), stop);
}

Result<std::optional<BrakeDecisions::Record>> BrakeDecisions::read_one(
    const ListedVersion& version, const std::stop_token& stop) {
  using Maybe = std::optional<Record>;
  const ObjectRef object{version.object.bucket, version.object.key};
  // Repeated here, for nobody else resumes a transfer that was cut.
  const auto text = retry(context(stop), [&](int) {
    return read_small(ports_.store, object, kRecordBytesMax, limit(), stop);
  });
  if (!text) {
    if (text.error().code == Errc::not_found) return Maybe();  // Somebody else worked it off.
    if (text.error().code == Errc::invalid) return Maybe(Record{version, std::nullopt});
    return text.error();
  }
  Result<HeldObject> held = parse_held_object(text->text);
  return Maybe(Record{version, held ? std::optional(*std::move(held)) : std::nullopt});
}

Result<std::vector<BrakeDecisions::Record>> BrakeDecisions::read(const CataloguePage& page,
                                                                 const std::stop_token& stop) {
  struct Slot {
    const ListedVersion* version;
    std::optional<Record> record = std::nullopt;
  };
  std::vector<Slot> slots;
  for (const ListedVersion& version : page.versions) {
    if (version.is_current) slots.push_back({&version});
  }
  CORDON_TRY(each(slots, [&](Slot& slot) -> Result<void> {
    CORDON_TRY(slot.record, read_one(*slot.version, stop));
    return {};
  }));
  std::vector<Record> records;
  for (Slot& slot : slots) {
    if (slot.record) records.push_back(*std::move(slot.record));
  }
  return records;
}

Result<HeldList> BrakeDecisions::held(std::stop_token stop) {
  HeldList list;
  CatalogueQuery query = this->query();
  for (int pages = 0; pages < kPagesMax; ++pages) {
    Result<CataloguePage> page = this->page(query, stop);
    if (!page && page.error().code == Errc::not_found) return list;  // No bucket.
    CORDON_TRY(page);
    if (pages == 0) {
      CORDON_TRY(const std::vector<Record> records, read(*page, stop));
      list.names = names_in(records);
      query.count_max = 1000;  // The others are counted only.
    }
    for (const ListedVersion& version : page->versions) list.count += version.is_current ? 1 : 0;
    if (!page->next) return list;
    query.after = CatalogueCursor{page->next->key};
  }
  return list;
}

// --- the decision ----------------------------------------------------------------------------

Result<BrakeState> decided(BrakeState state, const BrakeDecision& decision,
                           const std::set<std::string>& found) {
  if (state.phase == Phase::none) {
    return Error{Errc::not_found,
                 "the brake was not pulled in this region: there is nothing to decide"};
  }
  const bool is_set_rejected = state.rejected_sets.contains(state.set);
  if (decision.kind == Kind::reject_names && is_set_rejected) {
    return Error{Errc::invalid, "the signatures " + state.set +
                                    " were rejected as a whole; their names need not be"};
  }
  if (decision.kind == Kind::reject_set && state.phase == Phase::rejected && !is_set_rejected) {
    return Error{Errc::invalid,
                 "names were rejected already, and agents have gone on without them; to go back "
                 "to the signatures before, cordon signatures update --rollback where they come "
                 "from"};
  }
  std::set<std::string> all(state.names.begin(), state.names.end());
  all.insert(found.begin(), found.end());
  state.names.assign(all.begin(), all.end());
  if (state.names.size() > kBrakeNamesMax) state.names.resize(kBrakeNamesMax);
  switch (decision.kind) {
    case Kind::confirm:
      state.phase = Phase::confirmed;
      for (const std::string& name : all) state.ignored.erase(name);
      state.rejected_sets.erase(state.set);
      return state;
    case Kind::reject_names:
      state.phase = Phase::rejected;
      for (const std::string& name : decision.names.empty() ? all : decision.names) {
        state.ignored.insert(name);
      }
      if (state.ignored.size() <= kBrakeNamesMax) return state;
      return Error{Errc::invalid, "more than " + std::to_string(kBrakeNamesMax) +
                                      " names would be rejected: the set is bad as a whole; "
                                      "cordon signatures reject --set"};
    case Kind::reject_set:
      state.phase = Phase::rejected;
      state.rejected_sets.insert(state.set);
      return state;
  }
  return state;
}

// What agents told of the pull is gone, and what was held for it is not.
bool is_left_alone(const BrakeState& state, const HeldList& held) {
  return state.phase == Phase::none && held.count > 0;
}

// Whoever else writes at the same time is another person with the same question. An agent that
// tells of another pull is not: that was not looked at.
Result<BrakeState> BrakeDecisions::write_decision(const BrakeState& about,
                                                  const BrakeDecision& decision,
                                                  const std::set<std::string>& found,
                                                  const std::stop_token& stop) {
  for (int attempt = 0; attempt < kWritesMax; ++attempt) {
    CORDON_TRY(const Seen seen, look(stop));
    if (seen.state.set != about.set || seen.state.since != about.since) {
      return Error{Errc::changed,
                   "the brake was pulled again, for " + seen.state.set +
                       ", while this command looked: nothing was decided; look again (cordon "
                       "signatures brake)"};
    }
    CORDON_TRY(BrakeState after, decided(seen.state, decision, found));
    if (after == seen.state) return after;
    after.decided_at = ports_.clock.system_now();
    after.decided_by = options_.decider;
    const auto written = ports_.decisions.write(to_json(after), seen.etag, limit(), stop);
    if (written) return after;
    if (written.error().code != Errc::changed) return written.error();
  }
  return Error{Errc::changed, "the decisions about signatures change all the time; try again"};
}

// Only to a decision that is still the one that was made.
Result<void> BrakeDecisions::add_names(BrakeState& made, const BrakeDecision& decision,
                                       const std::set<std::string>& found,
                                       const std::stop_token& stop) {
  for (int attempt = 0; attempt < kWritesMax; ++attempt) {
    CORDON_TRY(BrakeState after, decided(made, decision, found));
    if (after == made) return {};
    CORDON_TRY(const auto present, stored(ports_.decisions, stop));
    const Result<BrakeState> now =
        present ? parse_brake_state(present->document) : Error{Errc::not_found, "gone"};
    if (!now || now->phase != made.phase || now->set != made.set || now->since != made.since) {
      return Error{Errc::changed,
                   "somebody else decided meanwhile; look again (cordon signatures brake)"};
    }
    CORDON_TRY(after, decided(*now, decision, found));
    const auto written = ports_.decisions.write(to_json(after), present->etag, limit(), stop);
    if (written) {
      made = std::move(after);
      return {};
    }
    if (written.error().code != Errc::changed) return written.error();
  }
  return Error{Errc::changed, "the decisions about signatures change all the time; try again"};
}

std::set<std::string> BrakeDecisions::names_in(const std::vector<Record>& records) {
  std::set<std::string> names;
  for (const Record& record : records) {
    if (record.held) names.insert(record.held->names.begin(), record.held->names.end());
  }
  return names;
}

Result<void> BrakeDecisions::release(const std::vector<Record>& records, ScanRequestQueue& queue,
                                     ReleaseProgress& progress, const std::stop_token& stop) {
  std::vector<Record> understood;
  for (const Record& record : records) {
    if (record.held) understood.push_back(record);
  }
  progress.broken += records.size() - understood.size();
  const AskingPorts asking{queue, ports_.clock, ports_.log, ports_.metrics};
  std::vector<Record> asked;
  for (std::size_t at = 0; at < understood.size(); at += kBatch) {
    std::vector<ObjectEvent> batch;
    for (std::size_t i = at; i < std::min(at + kBatch, understood.size()); ++i) {
      batch.push_back(request_for(*understood[i].held, ports_.clock.system_now()));
    }
    CORDON_TRY(const std::vector<std::size_t> never, ask_for_scans(asking, batch, context(stop)));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bool is_taken = std::find(never.begin(), never.end(), i) == never.end();
      if (is_taken) asked.push_back(understood[at + i]);
    }
  }
  progress.refused += understood.size() - asked.size();
  // Only now: a record that is gone is an object that is forgotten.
  CORDON_TRY(each(asked, [&](Record& record) -> Result<void> {
    const Result<void> removed =
        ports_.store.remove(record.version.object, record.version.etag, limit(), stop);
    const bool is_gone = !removed && removed.error().code == Errc::not_found;
    return is_gone ? Result<void>() : removed;
  }));
  progress.asked += asked.size();
  return {};
}

// Whether there was anything to release.
Result<bool> BrakeDecisions::release_all(
    DecidedBrake& done, const BrakeDecision& decision, ScanRequestQueue& queue,
    const std::function<void(const ReleaseProgress&)>& progress, const std::stop_token& stop) {
  const std::uint64_t asked_before = done.released.asked;
  done.released.broken = 0;  // They are met again in every round, and so are those refused.
  done.released.refused = 0;
  CatalogueQuery query = this->query();
  for (int pages = 0; pages < kPagesMax; ++pages) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped; it can be continued"};
    CORDON_TRY(const CataloguePage page, this->page(query, stop));
    CORDON_TRY(const std::vector<Record> records, read(page, stop));
    // Before the scans are asked for: they are to find it.
    if (done.state.phase != Phase::none) {
      CORDON_TRY(add_names(done.state, decision, names_in(records), stop));
    }
    CORDON_TRY(release(records, queue, done.released, stop));
    progress(done.released);
    if (!page.next) return done.released.asked != asked_before;
    query.after = CatalogueCursor{page.next->key};
  }
  return Error{Errc::unavailable, "there are too many held objects; call it again to go on"};
}

Result<DecidedBrake> BrakeDecisions::decide(
    const BrakeDecision& decision, ScanRequestQueue& queue,
    const std::function<void(const ReleaseProgress&)>& progress, std::stop_token stop) {
  // Decided first, and listed from the beginning afterwards: agents look at the decisions once more
  // after they wrote a record, and give its message back. So a record that comes behind our back is
  // of an object that is seen to, and it is taken by the next round, or listed until the next call.
  CORDON_TRY(const Seen seen, look(stop));
  CORDON_TRY(const HeldList list, held(stop));
  DecidedBrake done;
  if (is_left_alone(seen.state, list) && decision.kind == Kind::confirm) {
    done.state = seen.state;
  } else {
    CORDON_TRY(decided(seen.state, decision, {}));
    CORDON_TRY(done.state, write_decision(seen.state, decision, list.names, stop));
  }
  for (int rounds = 0; rounds < kRoundsMax; ++rounds) {
    CORDON_TRY(const bool any, release_all(done, decision, queue, progress, stop));
    if (!any) return done;
  }
  return Error{Errc::changed,
               "decided, but agents write ever new records: they have not taken the decision up; "
               "look at their logs, and give the decision again"};
}

}  // namespace cordon
