#include "settings_live/settings_watch.h"

#include <utility>

#include "settings/settings_document.h"

namespace cordon {
namespace {

std::string told(const std::vector<SettingsProblem>& problems, const std::string& origin) {
  constexpr std::size_t kProblemsMax = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(problems.size(), kProblemsMax); ++i) {
    text += (i == 0 ? "" : " | ") + to_string(problems[i], origin);
  }
  return text;
}

}  // namespace

SettingsWatch::SettingsWatch(SettingsWatchOptions options, DocumentStore& store,
                             const DocumentCache* cache, const Clock& clock, Log& log,
                             Metrics& metrics)
    : options_(std::move(options)),
      document_(store),
      cache_(cache),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      in_force_(std::make_shared<const Settings>(options_.usual)) {
  metrics_.describe("cordon_settings_looks_total", "Looks at the settings document, by outcome");
  metrics_.describe("cordon_settings_troubled",
                    "1 while the settings document is away, gone or refused");
}

std::shared_ptr<const Settings> SettingsWatch::current() const {
  return in_force_.with([](const auto& settings) { return settings; });
}

Result<void> SettingsWatch::await(std::stop_token stop) {
  load_cache();
  for (;;) {
    look(stop);
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    if (known_) return {};
    if (!clock_.wait_for(options_.interval, stop)) return Error{Errc::cancelled, "stopped"};
  }
}

void SettingsWatch::run(std::stop_token stop) {
  while (clock_.wait_for(options_.interval, stop)) look(stop);
}

void SettingsWatch::load_cache() {
  if (cache_ == nullptr) return;
  const Result<StoredDocument> cached = cache_->load();
  if (!cached) {
    if (cached.error().code != Errc::not_found) {
      log_.warn("settings.cache_ignored", {{"why", cached.error()}});
    }
    return;
  }
  SettingsReading reading = read_settings(cached->document, SettingsFormat::json);
  if (!reading.settings) {
    log_.warn("settings.cache_ignored", {{"why", told(reading.problems, cache_->file().string())}});
    return;
  }
  put_in_force(*std::move(reading.settings));
  document_.know(cached->etag);
  log_.info("settings.from_cache",
            {{"file", cache_->file().string()}, {"etag", cached->etag.str()}});
}

void SettingsWatch::look(std::stop_token stop) {
  const Deadline limit = Deadline::after(clock_, options_.read_limit);
  const Result<std::optional<StoredDocument>> found = document_.look(limit, stop);
  if (!found) {
    if (found.error().code == Errc::cancelled && stop.stop_requested()) return;
    metrics_.count("cordon_settings_looks_total",
                   {{"outcome", std::string(name_of(found.error().code))}});
    // A bucket or a document that is not there is an answer; everything else is none.
    return found.error().code == Errc::not_found ? no_document() : away(found.error());
  }
  metrics_.count("cordon_settings_looks_total", {{"outcome", *found ? "new" : "unchanged"}});
  if (*found) return take(**found);
  // The document that was seen last: if it was refused then, it still is.
  const bool is_news = document_.enter_unchanged();
  show_trouble();
  if (!is_news) return;
  log_.info("settings.reachable", {{"etag", document_.seen() ? document_.seen()->str() : ""},
                                   {"refused", document_.is_refused()}});
}

void SettingsWatch::take(const StoredDocument& stored) {
  SettingsReading reading = read_settings(stored.document, SettingsFormat::json);
  if (!reading.settings) {
    document_.enter_refused();
    show_trouble();
    log_.error("settings.refused", {{"why", told(reading.problems, options_.origin)},
                                    {"etag", stored.etag.str()},
                                    {"meaning", known_ ? "the last good settings stay in force"
                                                       : "no object is taken without settings"}});
    return;
  }
  put_in_force(*std::move(reading.settings));
  document_.enter_good();
  show_trouble();
  log_.info("settings.in_force",
            {{"etag", stored.etag.str()},
             {"version", stored.version ? stored.version->str() : std::string()}});
  if (cache_ == nullptr) return;
  if (const Result<void> saved = cache_->save(stored); !saved) {
    log_.warn("settings.not_cached", {{"file", cache_->file().string()}, {"why", saved.error()}});
  }
}

void SettingsWatch::put_in_force(Settings settings) {
  const bool engine_differs = from_document_ && settings.engine != current()->engine;
  auto next = std::make_shared<const Settings>(std::move(settings));
  in_force_.with([&](auto& in_force) { in_force = std::move(next); });
  known_ = true;
  from_document_ = true;
  if (engine_differs) {
    log_.warn("settings.engine_waits",
              {{"meaning", "the [engine] settings are taken when the agent starts again"}});
  }
}

void SettingsWatch::no_document() {
  known_ = true;
  const bool is_news = document_.enter_missing();
  show_trouble();
  if (!is_news) return;
  // Only a good document takes the place of one that was in force: a deletion is a slip of
  // somebody's hand more often than an order.
  if (from_document_) {
    log_.warn("settings.gone", {{"where", options_.origin},
                                {"meaning",
                                 "the last good settings stay in force; to go back to the usual "
                                 "ones, apply a document with schema = 1 alone"}});
  } else {
    log_.info("settings.none", {{"where", options_.origin}, {"meaning", "everything is as usual"}});
  }
}

void SettingsWatch::away(const Error& error) {
  const bool is_news = document_.enter_away();
  show_trouble();
  if (!is_news) return;
  log_.error("settings.away",
             {{"where", options_.origin},
              {"why", error},
              {"meaning", known_ ? "the last good settings stay in force"
                                 : "no object is taken until the settings are known"}});
}

void SettingsWatch::show_trouble() {
  using State = WatchedDocument::State;
  const State state = document_.state();
  const bool is_gone = state == State::missing && from_document_;
  const bool troubled = state == State::away || state == State::refused || is_gone;
  metrics_.set("cordon_settings_troubled", {}, troubled ? 1 : 0);
}

}  // namespace cordon
