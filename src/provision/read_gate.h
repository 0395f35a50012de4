#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/result.h"
#include "core/deployment.h"
#include "core/ports/bucket_policies.h"
#include "provision/policy_text.h"
#include "provision/protection.h"

namespace cordon {

/// What a read gate says.
struct GateTerms {
  std::string tag_key;             ///< Of the verdict: TagKeys::result.
  std::vector<std::string> roles;  ///< ARNs of who reads everything, sorted; never empty.
  /// Tags that these roles alone may write, sorted. Empty: whoever may tag may write any.
  std::vector<std::string> guarded = {};

  bool operator==(const GateTerms&) const = default;
};

/// Checks the ARN of a role (or user) that may pass a gate, with its path. invalid: sessions,
/// wildcards and whole accounts, each with what to write instead.
Result<void> check_gate_role(const std::string& arn);

/// What a command did or would do.
struct GateChange {
  ProvisionStep step;
  std::optional<std::string> policy;  ///< After it; nothing: the bucket has none.
};

/// A statement in a bucket's policy that lets nobody but named roles read what is not tagged Clean
/// or InfectedAllowed: old versions, heads and copies included. With a guard further ones that let
/// nobody else write our tags, take away those of what has a verdict, or copy or replicate objects
/// there with the tags that they have. All other statements stay as they are, to the byte.
///
/// Threads: one at a time per bucket: a bucket's policy has no compare-and-set.
/// Errors: those of the port; invalid (a policy that cannot be read, terms that do not fit).
class ReadGate {
 public:
  ReadGate(const Deployment& deployment, std::string partition, BucketPolicies& policies)
      : deployment_(deployment), partition_(std::move(partition)), policies_(policies) {}

  /// The gate of this deployment; nothing: there is none. invalid: its statement was changed by
  /// somebody so that it cannot be read.
  Result<std::optional<GateTerms>> find(const BucketName& bucket, Deadline deadline,
                                        std::stop_token stop);

  enum class Guard : std::uint8_t { as_it_is, on, off };
  struct Order {
    std::string tag_key;
    std::vector<std::string> our_keys = {};  ///< Those that a guard is for.
    std::vector<std::string> roles = {};     ///< Empty: those that the gate has already.
    Guard guard = Guard::as_it_is;
    bool dry_run = false;  ///< Nothing is written.
  };
  /// Idempotent. invalid: no roles, and no gate that has any.
  Result<GateChange> put(const BucketName& bucket, Order order, Deadline deadline,
                         std::stop_token stop);
  /// Takes the statements out; a policy that held nothing else goes with it. Idempotent.
  Result<GateChange> remove(const BucketName& bucket, bool dry_run, Deadline deadline,
                            std::stop_token stop);

 private:
  enum class Part : std::uint8_t { read, write_tags, keep_tags, copies, replicas };
  static constexpr std::array kParts{Part::read, Part::write_tags, Part::keep_tags, Part::copies,
                                     Part::replicas};
  struct Found;

  Result<void> check_role(const std::string& arn) const;
  Result<Found> look(const BucketName& bucket, Deadline deadline, std::stop_token stop);
  std::optional<std::size_t> index_of(const PolicyText& text, Part part) const;
  std::string sid(Part part, bool sole) const;
  /// Nothing: the terms have no such statement.
  std::optional<std::string> statement(Part part, const BucketName& bucket, const GateTerms& terms,
                                       bool sole) const;
  bool is_as_stated(const Found& found, const BucketName& bucket, const GateTerms& terms,
                    bool sole) const;
  Result<std::optional<std::string>> with_part(const std::optional<std::string>& policy, Part part,
                                               const std::optional<std::string>& wanted,
                                               bool unwrap) const;

  const Deployment deployment_;
  const std::string partition_;
  BucketPolicies& policies_;
};

}  // namespace cordon
