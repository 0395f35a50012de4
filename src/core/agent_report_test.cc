#include "core/agent_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cordon {
namespace {

using testing::HasSubstr;

AgentReport some_report() {
  return {.agent = "i-0abc/1",
          .deployment = "main",
          .account = AccountId("111122223333"),
          .region = Region("eu-west-1"),
          .started_at = SystemTime(std::chrono::milliseconds(1'795'362'633'120)),
          .reported_at = SystemTime(std::chrono::milliseconds(1'795'362'663'120)),
          .version = "0.1.0",
          .engine = "ClamAV 1.4.6",
          .signatures = "27451",
          .signature_count = 8'700'000,
          .signature_age_seconds = 3600,
          .slots = 8,
          .slots_busy = 3,
          .workers = 2,
          .verdicts = {{Disposition::clean, {10, 1'000'000}}, {Disposition::infected, {1, 68}}},
          .skipped = 2,
          .forged_tags = 1,
          .last_minute = {4, 4096},
          .queue_age_millis = 85,
          .outbox_results = 7};
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

TEST(AgentReport, IsWrittenAsDocumented) {
  EXPECT_EQ(
      to_json(some_report()),
      R"({"schema":"cordon.agent-report/1","agent":"i-0abc/1","deployment":"main",)"
      R"("account":"111122223333","region":"eu-west-1","startedAt":"2026-11-22T15:50:33.120Z",)"
      R"("reportedAt":"2026-11-22T15:51:03.120Z","version":"0.1.0","engine":"ClamAV 1.4.6",)"
      R"("signatures":"27451","signatureCount":8700000,"signatureAgeSeconds":3600,)"
      R"("signaturesRefused":false,"weakSandbox":false,"slots":8,"slotsBusy":3,"workers":2,)"
      R"("verdicts":[{"verdict":"Clean","objects":10,"bytes":1000000},)"
      R"({"verdict":"Infected","objects":1,"bytes":68}],"skipped":2,"forgedTags":1,)"
      R"("lastMinute":{"objects":4,"bytes":4096},"queueAgeMillis":85,"outboxResults":7})");
}

TEST(AgentReport, IsReadBack) {
  AgentReport unready = some_report();
  unready.engine.reset();
  unready.signatures.reset();
  unready.signature_count.reset();
  unready.signature_age_seconds.reset();
  unready.verdicts.clear();
  unready.is_sandbox_weak = true;
  unready.are_signatures_refused = true;
  for (const AgentReport& report : {some_report(), unready}) {
    const Result<AgentReport> read = decode_agent_report(to_json(report));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(*read, report);
  }
}

RC_GTEST_PROP(AgentReport, EveryNumberIsReadBack, ()) {
  AgentReport report = some_report();
  const auto number = rc::gen::arbitrary<std::uint64_t>();
  report.slots = *number;
  report.outbox_results = *number;
  report.queue_age_millis = *number;
  report.signature_count = *number;
  report.last_minute = {*number, *number};
  report.verdicts[*rc::gen::element(Disposition::clean, Disposition::suspicious,
                                    Disposition::error)] = {*number, *number};

  RC_ASSERT(decode_agent_report(to_json(report)).value() == report);
}

TEST(AgentReport, PassesOverWhatItDoesNotKnow) {
  const std::string line = replaced(to_json(some_report()), "{", R"({"later":[{"a":1}],)");

  EXPECT_EQ(decode_agent_report(line).value(), some_report());
}

TEST(AgentReport, RefusesWhatIsNone) {
  const std::string good = to_json(some_report());
  const std::pair<const char*, std::string> kBad[] = {
      {"nothing", ""},
      {"a list", "[]"},
      {"half", good.substr(0, good.size() / 2)},
      {"a scan result", replaced(good, "agent-report", "scan-result")},
      {"a later schema", replaced(good, "report/1", "report/2")},
      {"an agent without a name", replaced(good, "\"i-0abc/1\"", "\"\"")},
      {"an agent whose name no database indexes",
       replaced(good, "i-0abc/1", std::string(600, 'x'))},
      {"an agent that is a number", replaced(good, "\"i-0abc/1\"", "1")},
      {"a count that is negative", replaced(good, "\"slots\":8", "\"slots\":-8")},
      {"a count that is a text", replaced(good, "\"slots\":8", "\"slots\":\"8\"")},
      {"a count that is missing", replaced(good, "\"slots\":8,", "")},
      {"a verdict of another world", replaced(good, "\"Infected\"", "\"Harmless\"")},
      {"a verdict twice", replaced(good, "\"Infected\"", "\"Clean\"")},
      {"no time", replaced(good, "2026-11-22T15:51:03.120Z", "soon")},
      {"too long", replaced(good, "0.1.0", std::string(kAgentReportBytesMax, 'x'))}};
  for (const auto& [what, line] : kBad) {
    SCOPED_TRACE(what);
    const Result<AgentReport> read = decode_agent_report(line);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::invalid);
  }
}

TEST(AgentReport, IsShortWhateverTheTextsAre) {
  AgentReport report = some_report();
  report.agent = std::string(100'000, '\xFF');
  report.engine = std::string(100'000, 'e');

  EXPECT_LE(to_json(report).size(), kAgentReportBytesMax);
}

}  // namespace
}  // namespace cordon
