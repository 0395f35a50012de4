#include "core/allowing.h"

#include <gtest/gtest.h>

namespace cordon {
namespace {

const std::string kSha(64, 'a');
const ObjectRef kObject{BucketName("uploads"), ObjectKey("tools/x.exe"), VersionId("v1")};
const SystemTime kNow{std::chrono::hours(24 * 365 * 50)};

Verdict found(std::vector<std::string> names) { return infected_verdict(std::move(names), 10); }

bool ask(const Verdict& verdict, const std::vector<AllowEntry>& entries,
         const std::optional<std::string>& sha256 = kSha) {
  return allowed(verdict, sha256, kObject, entries, kNow);
}

TEST(Allowing, LetsExactlyThisContentWithThisSignaturePass) {
  EXPECT_TRUE(ask(found({"Sig.A"}), {{.sha256 = kSha, .signature = "Sig.A"}}));
  EXPECT_TRUE(ask(found({"Sig.A"}), {{.sha256 = std::string(64, 'A'), .signature = "Sig.A"}}))
      << "people write digests in either case";
}

TEST(Allowing, EverySignatureMustBeAllowed) {
  const std::vector<AllowEntry> one = {{.sha256 = kSha, .signature = "Sig.A"}};
  std::vector<AllowEntry> both = one;
  both.push_back({.sha256 = kSha, .signature = "Sig.B"});

  EXPECT_FALSE(ask(found({"Sig.A", "Sig.B"}), one));
  EXPECT_TRUE(ask(found({"Sig.A", "Sig.B"}), both));
}

TEST(Allowing, RefusesWhateverDoesNotFit) {
  const AllowEntry good{.sha256 = kSha, .signature = "Sig.A"};
  const auto with = [&](auto change) {
    AllowEntry entry = good;
    change(entry);
    return std::vector<AllowEntry>{entry};
  };
  const std::pair<const char*, std::vector<AllowEntry>> kMisfits[] = {
      {"nothing", {}},
      {"other content", with([](auto& e) { e.sha256 = std::string(64, 'b'); })},
      {"no content", with([](auto& e) { e.sha256.clear(); })},
      {"other signature", with([](auto& e) { e.signature = "Sig.B"; })},
      {"a part of the name", with([](auto& e) { e.signature = "Sig"; })},
      {"no signature", with([](auto& e) { e.signature.clear(); })},
      {"other bucket", with([](auto& e) { e.bucket = BucketName("others"); })},
      {"other prefix", with([](auto& e) {
         e.bucket = BucketName("uploads");
         e.prefix = "docs/";
       })},
      {"a prefix of no bucket", with([](auto& e) { e.prefix = "tools/"; })},
      {"expired", with([](auto& e) { e.expires = kNow; })},
  };
  for (const auto& [why, entries] : kMisfits) {
    SCOPED_TRACE(why);
    EXPECT_FALSE(ask(found({"Sig.A"}), entries));
  }
}

TEST(Allowing, RestrictionsThatFitAllow) {
  EXPECT_TRUE(ask(found({"Sig.A"}), {{.sha256 = kSha,
                                      .signature = "Sig.A",
                                      .bucket = BucketName("uploads"),
                                      .prefix = "tools/",
                                      .expires = kNow + std::chrono::seconds(1)}}));
}

TEST(Allowing, OnlyInfectedContentThatIsKnown) {
  const std::vector<AllowEntry> entries = {{.sha256 = kSha, .signature = "Sig.A"}};
  Verdict suspicious = found({"Sig.A"});
  suspicious.disposition = Disposition::suspicious;

  EXPECT_FALSE(ask(suspicious, entries));
  EXPECT_FALSE(ask(clean_verdict(1), entries));
  EXPECT_FALSE(ask(error_verdict(Reason::kms, "x"), entries));
  EXPECT_FALSE(ask(found({"Sig.A"}), entries, std::nullopt));
  EXPECT_FALSE(ask(found({"Sig.A"}), {{.sha256 = "", .signature = "Sig.A"}}, ""));
}

TEST(Allowing, AListOfNamesThatMayBeCutAllowsNothing) {
  EXPECT_TRUE(
      ask(found(std::vector<std::string>(15, "Sig.A")), {{.sha256 = kSha, .signature = "Sig.A"}}));
  EXPECT_FALSE(
      ask(found(std::vector<std::string>(16, "Sig.A")), {{.sha256 = kSha, .signature = "Sig.A"}}));
}

}  // namespace
}  // namespace cordon
