#include "core/route.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace cordon {
namespace {

using Step = RouteStep::Kind;
using Kind = ActionKind;

const ObjectRef kObject{BucketName("in"), ObjectKey("d/k"), VersionId("v")};
const BucketName kQuarantine("q");

RouteStep to(Step kind, const char* bucket, const char* prefix = "") {
  return {kind, Destination{BucketName(bucket), prefix}};
}

std::string plan(const Route& route) {
  std::string text;
  for (const PlannedAction& action : plan_route(route, kObject, kQuarantine)) {
    if (!text.empty()) text += ", ";
    text += name_of(action.kind);
    if (action.bucket) text += " " + action.bucket->str() + ":" + action.key->str();
    if (action.impossible) text += " (impossible)";
    if (action.is_there) text += " (there)";
  }
  return text;
}

TEST(PlanRoute, MakesTheOrderSafe) {
  const std::pair<Route, const char*> kCases[] = {
      {{}, "keep"},
      {{{Step::keep}}, "keep"},
      {{{Step::remove}}, "delete"},
      {{{Step::quarantine}}, "move q:in/d/k"},
      {{to(Step::move, "out")}, "move out:d/k"},
      {{to(Step::move, "out", "p")}, "move out:p/d/k"},
      {{to(Step::move, "out", "p/")}, "move out:p/d/k"},
      {{to(Step::copy, "out")}, "copy out:d/k"},
      {{to(Step::move, "out"), to(Step::copy, "c")}, "copy c:d/k, move out:d/k"},
      {{to(Step::move, "a"), to(Step::move, "b")}, "copy a:d/k, move b:d/k"},
      {{{Step::quarantine}, {Step::keep}}, "copy q:in/d/k"},
      {{{Step::remove}, {Step::keep}}, "keep"},
      {{{Step::quarantine}, {Step::remove}}, "move q:in/d/k"},
      {{to(Step::copy, "out"), {Step::remove}}, "copy out:d/k, delete"},
      {{to(Step::copy, "out"), to(Step::move, "out")}, "move out:d/k"},
      {{to(Step::move, "in")}, "move in:d/k (there)"},
      {{to(Step::move, "in"), {Step::remove}}, "move in:d/k (there)"},
      {{to(Step::copy, "in"), to(Step::move, "out")}, "copy in:d/k (there)"},
      {{to(Step::move, "in", "d")}, "move in:d/k (there)"},
      {{to(Step::copy, "in", "d/"), to(Step::move, "out")}, "copy in:d/k (there)"},
      {{to(Step::copy, "in", "d"), {Step::remove}}, "copy in:d/k (there)"},
      {{{Step::quarantine}, to(Step::copy, "in", "d")}, "copy in:d/k (there), move q:in/d/k"},
      {{to(Step::move, "in", "d/k")}, "move in:d/k/d/k"},
      {{to(Step::move, "in", "dd")}, "move in:dd/d/k"},
      {{to(Step::move, "out", "d")}, "move out:d/d/k"},
      {{to(Step::move, "in", "p")}, "move in:p/d/k"},
  };
  for (const auto& [route, planned] : kCases) {
    SCOPED_TRACE(planned);
    EXPECT_EQ(plan(route), planned);
  }
}

TEST(PlanRoute, RefusesKeysThatS3CannotHold) {
  const ObjectRef object{BucketName("in"), ObjectKey(std::string(1020, 'k'))};

  const auto planned = plan_route({to(Step::move, "out", "prefix")}, object, kQuarantine);

  ASSERT_EQ(planned.size(), 1U);
  EXPECT_TRUE(planned[0].impossible);
}

RC_GTEST_PROP(PlanRoute, AtMostTheLastActionTakesTheObjectAwayAndNeverWithoutItsCopies, ()) {
  Route route;
  const int steps = *rc::gen::inRange(0, 6);
  bool keep = false;
  for (int i = 0; i < steps; ++i) {
    const auto kind =
        *rc::gen::element(Step::keep, Step::remove, Step::quarantine, Step::move, Step::copy);
    keep = keep || kind == Step::keep;
    const char* bucket = *rc::gen::element("in", "a", "b");
    route.push_back(kind == Step::move || kind == Step::copy ? to(kind, bucket) : RouteStep{kind});
  }

  const auto planned = plan_route(route, kObject, kQuarantine);

  RC_ASSERT(!planned.empty());
  bool possible = true;
  for (const PlannedAction& action : planned) possible = possible && !action.impossible;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const bool takes_away = (planned[i].kind == Kind::move || planned[i].kind == Kind::remove) &&
                            !planned[i].impossible && !planned[i].is_there;
    if (takes_away) RC_ASSERT(i + 1 == planned.size() && possible && !keep);
    if (planned[i].kind == Kind::move || planned[i].kind == Kind::copy) {
      RC_ASSERT(planned[i].bucket.has_value() && planned[i].key.has_value());
    }
  }
}

}  // namespace
}  // namespace cordon
