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
  if (known.unseen) tell_unseen_settings(*known.unseen);
  return std::move(known.settings);
}

void tell_unseen_settings(const Error& why) {
  std::fprintf(stderr,
               "cordon: the settings may not be read (%s); what is usual is taken for the names "
               "of the tags, the quarantine and what may be Clean\n",
               shown(why.what).c_str());
}

}  // namespace cordon
