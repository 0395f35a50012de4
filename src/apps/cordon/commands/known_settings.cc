#include "apps/cordon/commands/known_settings.h"

#include <cstdio>
#include <utility>

#include "base/text.h"
#include "operations/settings_in_force.h"

namespace cordon {
namespace {

constexpr std::chrono::seconds kLimit{15};

}  // namespace

Result<Settings> known_settings(DeploymentAccess& access, const Process& process) {
  CORDON_TRY(KnownSettings known,
             settings_in_force(access, Deadline::after(process.clock, kLimit), process.stop));
  if (known.unseen) {
    std::fprintf(stderr,
                 "cordon: the settings may not be read (%s); what is usual is taken for the names "
                 "of the tags, the quarantine and what may be Clean\n",
                 shown(known.unseen->what).c_str());
  }
  return std::move(known.settings);
}

}  // namespace cordon
