#include "apps/cordon/account/connect_account.h"

#include <utility>

#include "apps/cordon/account/aws_account.h"

namespace cordon {
namespace {

struct Connected {
  explicit Connected(std::unique_ptr<AwsAccount> to) : account(std::move(to)), access(*account) {}

  std::unique_ptr<AwsAccount> account;
  DeploymentAccess access;
};

}  // namespace

Result<std::shared_ptr<DeploymentAccess>> connect_account(Process& process) {
  CORDON_TRY(std::unique_ptr<AwsAccount> account, AwsAccount::connect(process));
  auto connected = std::make_shared<Connected>(std::move(account));
  DeploymentAccess* const access = &connected->access;
  return std::shared_ptr<DeploymentAccess>(std::move(connected), access);
}

}  // namespace cordon
