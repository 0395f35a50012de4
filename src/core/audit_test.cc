#include "core/audit.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

AuditEntry an_entry() {
  return {.at = SystemTime(std::chrono::milliseconds(1'796'055'033'120)),
          .who = "person:ada",
          .action = "DELETE /api/v1/tokens/{name}",
          .target = "ci",
          .outcome = "done",
          .detail = "ü"};
}

TEST(Audit, ARecordFollowsTheOneBeforeIt) {
  const AuditRecord first = audit_record_after(0, audit_origin(), an_entry());
  const AuditRecord second = audit_record_after(1, first.hash, an_entry());

  EXPECT_EQ(first.number, 1);
  EXPECT_TRUE(follows(first, 0, audit_origin()));
  EXPECT_TRUE(follows(second, 1, first.hash));
  EXPECT_FALSE(follows(second, 0, audit_origin())) << "one was taken out";
  EXPECT_FALSE(follows(first, 1, second.hash)) << "two were exchanged";
  EXPECT_NE(first.hash, second.hash);
}

TEST(Audit, EveryPartIsInTheHash) {
  const AuditRecord record = audit_record_after(0, audit_origin(), an_entry());
  std::vector<AuditRecord> forged(8, record);
  forged[0].entry.at += std::chrono::milliseconds(1);
  forged[1].entry.who = "person:adb";
  forged[2].entry.action += ' ';
  forged[3].entry.target = "";
  forged[4].entry.outcome = "refused";
  forged[5].entry.detail = "x";
  forged[6].hash[31] = static_cast<char>(forged[6].hash[31] ^ 1);
  forged[7].entry.target = "cid";  // The border between two texts, moved.
  forged[7].entry.outcome = "one";
  for (std::size_t i = 0; i < forged.size(); ++i) {
    EXPECT_FALSE(follows(forged[i], 0, audit_origin())) << i;
  }
}

// docs/formats/audit-log.md tells others how to compute it; this was computed by hand with another
// program: printf '14:cordon.audit/11:124:...' | sha256sum
TEST(Audit, TheHashIsTheOneOfTheFormat) {
  const AuditRecord record = audit_record_after(0, audit_origin(), an_entry());

  EXPECT_EQ(hex(as_bytes_of(record.hash)),
            "fae711c8523c835eaf34ec13c38fcc1a2756e298f19040cbfc52557c0dce35bb");
  const auto line = boost::json::parse(to_json(record)).as_object();
  EXPECT_EQ(line.at("number"), "1");
  EXPECT_EQ(line.at("at"), "2026-11-30T16:10:33.120Z");
  EXPECT_EQ(line.at("previous").as_string(), std::string(64, '0'));
  EXPECT_EQ(line.at("hash").as_string(), hex(as_bytes_of(record.hash)));
}

TEST(Audit, WhatStrangersWroteIsMadeFit) {
  EXPECT_EQ(audit_text("a\xFF"), "a\xEF\xBF\xBD");
  EXPECT_LE(audit_text(std::string(5'000, 'x')).size(), kAuditTextBytesMax);
}

}  // namespace
}  // namespace cordon
