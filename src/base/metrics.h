#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cordon {

/// Counters, gauges and histograms, exported in the Prometheus text format. Names carry their base
/// unit (`_seconds`, `_bytes`) and counters end in `_total`. Labels must come from a small, closed
/// set of values: never an object key.
///
/// Threads: any.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// Adds the help text of a metric; optional, before or after its first use.
  void describe(const std::string& name, const std::string& help);
  void count(const std::string& name, const Labels& labels = {}, double amount = 1);
  void set(const std::string& name, const Labels& labels, double value);
  /// Takes a gauge away: what it told of is no more. Nothing when there is none.
  void remove(const std::string& name, const Labels& labels);
  /// A histogram of seconds with buckets from 1 ms to 300 s.
  void observe_seconds(const std::string& name, const Labels& labels, double seconds);

  /// The value of one counter or gauge; 0 when it was never touched. For tests and health pages.
  double value(const std::string& name, const Labels& labels = {}) const;
  /// Text exposition format 0.0.4.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cordon
