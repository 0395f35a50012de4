#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "signatures/reload_rules.h"
#include "signatures/set_copies.h"

namespace cordon {

/// Whatever scans with the signatures.
class SetLoader {
 public:
  using Judge = std::function<Result<void>(const LoadedSet& next)>;

  virtual ~SetLoader() = default;

  /// Loads the set beside the one in force, proves it, asks `judge`, and puts it in force without a
  /// scan noticing. On failure the present one stays.
  ///
  /// Blocks: tens of seconds, or until a stop request.
  /// Errors: invalid (the set is bad, and will be as long as it does not change); cancelled; every
  /// other one says nothing about the set.
  virtual Result<LoadedSet> load(const std::filesystem::path& directory, const Judge& judge,
                                 std::stop_token stop) = 0;
};

/// Which directory a `SignatureWatch` looks at, where it keeps its copies, and when it tries again.
struct SignatureWatchOptions {
  std::filesystem::path root;        ///< As `live_directory` wants it.
  std::filesystem::path home;        ///< For private copies; its own.
  std::chrono::seconds interval{2};  ///< Between two looks at the directory.
  /// So many looks in a row must see the same set before it is loaded: files that are still being
  /// copied grow.
  int looks_until_settled = 2;
  /// A failure that may pass (no memory, no space) is tried again, later each time.
  std::chrono::seconds retry_min{60};
  std::chrono::seconds retry_max{3600};
};

/// What is known about the signatures, for people and metrics.
struct SignatureState {
  LoadedSet in_force;
  std::filesystem::path directory;  ///< The copy that the engine loaded.
  std::string trouble;              ///< Why what lies in the directory is not in force; or empty.
};

/// Keeps the engine on the newest good signatures of a directory.
///
/// Looks at it every few seconds, because a poll works where notifications do not: network file
/// systems, bind mounts, links that are swapped. A set that was refused is not tried again before
/// it changes.
///
/// Threads: one calls `begin`, `started`, then `run` or `look`; `state` any.
class SignatureWatch {
 public:
  /// All outlive the watch.
  SignatureWatch(SignatureWatchOptions options, const Clock& clock, Log& log, Metrics& metrics);

  /// Where to start the engine from: a private copy of the set; the directory itself when no copy
  /// can be made (the log says why). Errors: as `signature_files`; cancelled.
  Result<std::filesystem::path> begin(std::stop_token stop);
  /// The engine has loaded what `begin` said.
  void started(LoadedSet set);

  /// Looks every `interval` until a stop is requested.
  void run(SetLoader& loader, std::stop_token stop);
  void look(SetLoader& loader, std::stop_token stop);

  /// Leaves out these signatures from the next look on; the set is loaded anew when they are others
  /// than before: what lies in the directory or, where that is refused, what is in force.
  void ignore(std::set<std::string> signatures);
  /// Goes back to the set before the one in force, which is refused from now on until the directory
  /// changes. Errors: not_found when there is none before it; the loader's.
  Result<void> go_back(SetLoader& loader, std::stop_token stop);

  SignatureState state() const;

 private:
  struct Attempt {
    std::string fingerprint;
    int looks = 0;
  };
  struct Refusal {
    std::string fingerprint;
    std::optional<SteadyTime> retry;  ///< None: not before it changes.
    std::chrono::seconds wait{0};
  };
  struct Kept {
    SetCopy set;
    std::set<std::string> ignored;
    bool operator==(const Kept& other) const {
      return set.fingerprint == other.set.fingerprint && ignored == other.ignored;
    }
  };

  void show_age();
  bool is_refused(const std::string& fingerprint) const;
  bool settles(const std::string& fingerprint);
  void try_to_load(SetLoader& loader, const std::filesystem::path& live, const std::string& seen,
                   const std::stop_token& stop);
  Result<void> check_age(const std::filesystem::path& live, const Kept& next) const;
  Result<LoadedSet> load(SetLoader& loader, const Kept& next, bool judged,
                         const std::stop_token& stop);
  void put_in_force(Kept next, LoadedSet set, std::chrono::duration<double> took);
  void take_up(Kept next, LoadedSet set, std::chrono::duration<double> took);
  void leave_out(SetLoader& loader, const std::stop_token& stop);
  void retain_copies();
  void refuse(const std::string& seen, const Error& error);
  void trouble(std::string why);

  const SignatureWatchOptions options_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  std::optional<SetCopies> copies_;
  std::optional<Kept> in_force_;
  std::optional<Kept> previous_;
  Attempt attempt_;
  std::optional<Refusal> refused_;
  std::set<std::string> ignored_;
  std::optional<SteadyTime> next_leave_out_;  ///< Not before: it failed.
  std::string rejected_;  ///< Fingerprint of what `go_back` left, whatever is ignored of it.
  Guarded<SignatureState> state_;
};

}  // namespace cordon
