#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/guarded.h"

namespace cordon {
namespace {

const prometheus::Histogram::BucketBoundaries kSecondsBuckets = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300};

}  // namespace

struct Metrics::State {
  struct Families {
    prometheus::Registry registry;
    std::map<std::string, std::string> help;
    std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
    std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
    std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms;
  };
  mutable Guarded<std::unique_ptr<Families>> families{std::make_unique<Families>()};

  template <typename Builder, typename Map>
  static auto& family(Families& all, Map& map, Builder builder, const std::string& name) {
    auto& slot = map[name];
    if (slot == nullptr) {
      slot = &builder.Name(name).Help(all.help[name]).Register(all.registry);
    }
    return *slot;
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::describe(const std::string& name, const std::string& help) {
  state_->families.with([&](auto& all) { all->help[name] = help; });
}

void Metrics::count(const std::string& name, const Labels& labels, double amount) {
  state_->families.with([&](auto& all) {
    State::family(*all, all->counters, prometheus::BuildCounter(), name)
        .Add(labels)
        .Increment(amount);
  });
}

void Metrics::set(const std::string& name, const Labels& labels, double value) {
  state_->families.with([&](auto& all) {
    State::family(*all, all->gauges, prometheus::BuildGauge(), name).Add(labels).Set(value);
  });
}

void Metrics::remove(const std::string& name, const Labels& labels) {
  state_->families.with([&](auto& all) {
    const auto it = all->gauges.find(name);
    if (it == all->gauges.end() || !it->second->Has(labels)) return;
    it->second->Remove(&it->second->Add(labels));
  });
}

void Metrics::observe_seconds(const std::string& name, const Labels& labels, double seconds) {
  state_->families.with([&](auto& all) {
    State::family(*all, all->histograms, prometheus::BuildHistogram(), name)
        .Add(labels, kSecondsBuckets)
        .Observe(seconds);
  });
}

double Metrics::value(const std::string& name, const Labels& labels) const {
  return state_->families.with([&](auto& all) -> double {
    if (auto it = all->counters.find(name); it != all->counters.end()) {
      return it->second->Has(labels) ? it->second->Add(labels).Value() : 0;
    }
    if (auto it = all->gauges.find(name); it != all->gauges.end()) {
      return it->second->Has(labels) ? it->second->Add(labels).Value() : 0;
    }
    return 0;
  });
}

std::string Metrics::text() const {
  return state_->families.with(
      [](auto& all) { return prometheus::TextSerializer().Serialize(all->registry.Collect()); });
}

}  // namespace cordon
