#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "apps/cordon/cli.h"
#include "aws/aws_context.h"
#include "aws/owned_client.h"
#include "base/guarded.h"
#include "core/ports/account.h"

namespace cordon {

/// The account of a command or an agent: AWS, or whatever answers at `--endpoint-url`. Owns the
/// adapters. Threads: any, once connected.
class AwsAccount final : public Account {
 public:
  /// Resolves settings and asks who we are. `process` outlives the account.
  /// Errors: invalid (settings; says which), denied (credentials), unavailable (says which
  /// endpoint).
  static Result<std::unique_ptr<AwsAccount>> connect(Process& process);
  ~AwsAccount() override;

  const AccountIdentity& identity() const override { return identity_; }
  StoragePorts storage() override;
  void expect_owners(BucketOwner owners) override;
  Result<RegionPorts> region(const Region& region) override;
  MemberPorts member(const MemberAccount& account) override;
  std::unique_ptr<DocumentStore> document(const ObjectKey& key) override;
  MessagePorts messages() override;

 private:
  struct Storage;
  struct RegionAdapters;
  struct MemberAdapters;
  struct MemberBucketAdapters;

  AwsAccount(Process& process, AccountIdentity identity, AwsContext context);
  AccountId owner_of(const BucketName& bucket) const;
  MemberAdapters& member_adapters(const MemberAccount& account);

  Process& process_;
  const AccountIdentity identity_;
  AwsContext context_;
  Guarded<std::shared_ptr<const BucketOwner>> owners_;
  std::unique_ptr<Storage> storage_;
  std::mutex mutex_;  ///< Guards what follows.
  std::map<Region, std::unique_ptr<RegionAdapters>> regions_;
  /// By role and external id.
  std::map<std::pair<std::string, std::string>, std::unique_ptr<MemberAdapters>> members_;
};

}  // namespace cordon
