#include "apps/cordon/account/connect_account.h"

#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>

#include "apps/cordon/account/aws_account.h"
#include "base/progress.h"

namespace cordon {
namespace {

struct Connected {
  explicit Connected(std::unique_ptr<AwsAccount> to) : account(std::move(to)), access(*account) {}

  std::unique_ptr<AwsAccount> account;
  DeploymentAccess access;
};

// On standard error, for whoever waits there; a program that reads JSON does not.
ProgressListener progress_for(const Process& process) {
  if (process.options.json) return nullptr;
  const std::string kind = process.environment.get("TERM").value_or("dumb");
  const bool rewrites =
      ::isatty(STDERR_FILENO) == 1 && kind != "dumb" && !process.environment.get("NO_COLOR");
  const auto line = std::make_shared<ProgressLine>(
      rewrites ? ProgressLine::Style::terminal : ProgressLine::Style::lines, process.clock,
      [](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stderr);
        std::fflush(stderr);
      });
  return [line](std::string_view what, std::size_t done, std::size_t total) {
    line->tell(what, done, total);
  };
}

}  // namespace

Result<std::shared_ptr<DeploymentAccess>> connect_account(Process& process) {
  CORDON_TRY(std::unique_ptr<AwsAccount> account, AwsAccount::connect(process));
  auto connected = std::make_shared<Connected>(std::move(account));
  DeploymentAccess* const access = &connected->access;
  access->tell_progress(progress_for(process));
  return std::shared_ptr<DeploymentAccess>(std::move(connected), access);
}

}  // namespace cordon
