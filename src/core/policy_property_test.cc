// What `resolve_policy` promises, against a reference that asks for each member alone.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "core/policy.h"

namespace cordon {
namespace {

const std::vector<std::string> kPrefixes = {"", "a", "a/", "a/b", "a/b/", "b"};

Route any_route() {
  return {{*rc::gen::elementOf(std::vector<RouteStep::Kind>{
      RouteStep::Kind::keep, RouteStep::Kind::remove, RouteStep::Kind::quarantine})}};
}
std::vector<std::string> any_patterns() {
  return {*rc::gen::elementOf(std::vector<std::string>{"**", "x", "y/*"})};
}

template <typename T>
std::optional<T> perhaps(T value) {
  if (*rc::gen::arbitrary<bool>()) return std::nullopt;
  return value;
}

PolicyOverride any_override() {
  return {
      .skip_scanned = perhaps(*rc::gen::elementOf(
          std::vector<SkipScanned>{SkipScanned::sealed, SkipScanned::tagged, SkipScanned::never})),
      .skip_scanned_max_age = perhaps(std::chrono::hours(*rc::gen::inRange(0, 3))),
      .collision =
          perhaps(*rc::gen::elementOf(std::vector<Collision>{Collision::version, Collision::fail})),
      .promote_without_conditions = perhaps(*rc::gen::arbitrary<bool>()),
      .quarantine = perhaps(BucketName(*rc::gen::elementOf(std::vector<std::string>{"q1", "q2"}))),
      .include = perhaps(any_patterns()),
      .exclude = perhaps(any_patterns()),
      .on_clean = perhaps(any_route()),
      .on_infected = perhaps(any_route()),
      .on_unscannable = perhaps(any_route()),
      .on_suspicious = perhaps(any_route()),
      .on_error = perhaps(any_route())};
}

struct Question {
  PolicySet set;
  Region region;
  BucketName bucket;
  ObjectKey key;
};

Question any_question() {
  Question question{
      .region = Region(*rc::gen::elementOf(std::vector<std::string>{"r1", "r2"})),
      .bucket = BucketName(*rc::gen::elementOf(std::vector<std::string>{"b1", "b2"})),
      .key =
          ObjectKey(*rc::gen::elementOf(std::vector<std::string>{"a", "a/b/c", "a/x", "b", "z"}))};
  question.set.defaults.on_error = any_route();
  for (const char* region : {"r1", "r2"}) {
    if (*rc::gen::arbitrary<bool>()) question.set.regions[Region(region)] = any_override();
  }
  for (const char* bucket : {"b1", "b2"}) {
    for (const std::string& prefix : kPrefixes) {
      if (*rc::gen::arbitrary<bool>()) continue;
      question.set.buckets.push_back({BucketName(bucket), prefix, any_override()});
    }
  }
  // In any order: which entry is the more specific one does not depend on where it stands.
  auto& entries = question.set.buckets;
  for (std::size_t i = entries.size(); i > 1; --i) {
    std::swap(entries[i - 1], entries[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  return question;
}

Policy resolved(const Question& q) { return resolve_policy(q.set, q.region, q.bucket, q.key); }

// The longest prefix that states the member, else the region, else the defaults.
template <typename T, typename Member>
Member expected(const Question& q, std::optional<T> PolicyOverride::*stated,
                Member Policy::*member) {
  const BucketPolicy* best = nullptr;
  for (const BucketPolicy& entry : q.set.buckets) {
    const bool applies = entry.bucket == q.bucket && q.key.str().starts_with(entry.prefix);
    if (!applies || !(entry.stated.*stated)) continue;
    if (best == nullptr || entry.prefix.size() > best->prefix.size()) best = &entry;
  }
  if (best != nullptr) return *(best->stated.*stated);
  const auto region = q.set.regions.find(q.region);
  if (region != q.set.regions.end() && region->second.*stated) return *(region->second.*stated);
  return q.set.defaults.*member;
}

RC_GTEST_PROP(PolicyProperty, EachMemberComesFromTheMostSpecificPlaceThatStatesIt, ()) {
  const Question q = any_question();
  const Policy policy = resolved(q);

  RC_ASSERT(policy.skip_scanned ==
            expected(q, &PolicyOverride::skip_scanned, &Policy::skip_scanned));
  RC_ASSERT(policy.skip_scanned_max_age ==
            expected(q, &PolicyOverride::skip_scanned_max_age, &Policy::skip_scanned_max_age));
  RC_ASSERT(policy.collision == expected(q, &PolicyOverride::collision, &Policy::collision));
  RC_ASSERT(policy.promote_without_conditions ==
            expected(q, &PolicyOverride::promote_without_conditions,
                     &Policy::promote_without_conditions));
  RC_ASSERT(policy.quarantine == expected(q, &PolicyOverride::quarantine, &Policy::quarantine));
  RC_ASSERT(policy.include == expected(q, &PolicyOverride::include, &Policy::include));
  RC_ASSERT(policy.exclude == expected(q, &PolicyOverride::exclude, &Policy::exclude));
  RC_ASSERT(policy.on_clean == expected(q, &PolicyOverride::on_clean, &Policy::on_clean));
  RC_ASSERT(policy.on_infected == expected(q, &PolicyOverride::on_infected, &Policy::on_infected));
  RC_ASSERT(policy.on_unscannable ==
            expected(q, &PolicyOverride::on_unscannable, &Policy::on_unscannable));
  RC_ASSERT(policy.on_suspicious ==
            expected(q, &PolicyOverride::on_suspicious, &Policy::on_suspicious));
  RC_ASSERT(policy.on_error == expected(q, &PolicyOverride::on_error, &Policy::on_error));
}

RC_GTEST_PROP(PolicyProperty, OtherPlacesChangeNothing, ()) {
  Question q = any_question();
  const Policy before = resolved(q);

  q.set.regions[Region("elsewhere")] = any_override();
  q.set.buckets.push_back({BucketName("other"), "", any_override()});
  q.set.buckets.push_back({q.bucket, "no key begins like this", any_override()});

  RC_ASSERT(resolved(q) == before);
}

RC_GTEST_PROP(PolicyProperty, AnEntryThatStatesNothingChangesNothing, ()) {
  Question q = any_question();
  const Policy before = resolved(q);

  q.set.buckets.push_back({q.bucket, q.key.str(), {}});

  RC_ASSERT(resolved(q) == before);
}

}  // namespace
}  // namespace cordon
