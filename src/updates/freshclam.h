#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/environment.h"
#include "updates/signature_source.h"

namespace cordon {

/// Which freshclam is run, and from where it fetches.
struct FreshclamOptions {
  std::string program = "freshclam";  ///< A path, or a name that is looked for in PATH.
  std::string mirror;                 ///< A private mirror's address; empty: the official one.
};

/// ClamAV's own updater with a configuration of ours: it writes into the staging directory, drops
/// to nobody else, tells no daemon and tests nothing (the set is proven in the sandbox afterwards).
class Freshclam final : public SignatureSource {
 public:
  /// The references outlive the source.
  Freshclam(FreshclamOptions options, const Environment& environment, const Clock& clock)
      : options_(std::move(options)), environment_(environment), clock_(clock) {}

  std::string name() const override {
    return options_.mirror.empty() ? "freshclam" : "freshclam:" + options_.mirror;
  }
  /// Errors: also not_found when freshclam is not installed.
  Result<void> fetch(const std::filesystem::path& staging, Deadline deadline,
                     std::stop_token stop) override;

 private:
  const FreshclamOptions options_;
  const Environment& environment_;
  const Clock& clock_;
};

/// The configuration for one run. Pure. Errors: invalid: a mirror that is no web address.
Result<std::string> freshclam_configuration(const std::filesystem::path& staging,
                                            const std::string& mirror, const std::string& user);

}  // namespace cordon
