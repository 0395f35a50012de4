#include "push/queue_record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"

namespace cordon {
namespace {

SystemTime some_time() { return parse_rfc3339("2026-11-22T15:50:33.120Z").value(); }

TEST(QueueRecord, ComesBackAsItWas) {
  const QueueRecord kRecords[] = {
      MessageRecord{.number = 7, .sent_at = some_time(), .receives = 3, .body = "{\"a\":\n1}\n"},
      MessageRecord{.number = UINT64_MAX, .sent_at = some_time(), .receives = 0, .body = ""},
      ReceivesRecord{.receives = {{1, 1}, {0xABCDEF, 5}}}, ReceivesRecord{},
      DoneRecord{.number = 0x123}};
  for (const QueueRecord& record : kRecords) {
    const std::string payload = encode_queue_record(record);
    SCOPED_TRACE(payload);

    const Result<QueueRecord> back = decode_queue_record(payload);

    ASSERT_TRUE(back) << back.error().what;
    EXPECT_TRUE(*back == record);
  }
}

TEST(QueueRecord, RefusesWhatItDidNotWrite) {
  const std::pair<const char*, const char*> kBad[] = {
      {"nothing", ""},
      {"no JSON", "message 1\n"},
      {"no object", "[1]\n"},
      {"another kind", "{\"other\":1}"},
      {"a number that is too short", "{\"done\":\"12\"}"},
      {"a number in capitals", "{\"done\":\"00000000000000AB\"}"},
      {"a number that is a number", "{\"done\":12}"},
      {"no time", "{\"message\":\"0000000000000001\",\"receives\":0}\nbody"},
      {"no receives", "{\"message\":\"0000000000000001\",\"sentAt\":\"2026-11-22T15:50:33Z\"}\n"},
      {"negative receives",
       "{\"message\":\"0000000000000001\",\"sentAt\":\"2026-11-22T15:50:33Z\",\"receives\":-1}\n"},
      {"receives that are none", "{\"received\":{\"0000000000000001\":\"1\"}}"},
      {"receives in a list", "{\"received\":[1]}"},
      {"nested without end", "{\"done\":[[[[[[[[1]]]]]]]]}"},
  };
  for (const auto& [what, payload] : kBad) {
    SCOPED_TRACE(what);
    EXPECT_EQ(decode_queue_record(payload).error().code, Errc::invalid);
  }
  EXPECT_EQ(decode_letter("{\"done\":\"0000000000000001\"}").error().code, Errc::invalid);
}

TEST(QueueRecord, ALetterComesBackWithItsReason) {
  const LetterRecord letter{
      .sent_at = some_time(), .receives = 5, .reason = "why \"\n\xC3\xBC\x01", .body = "{}\n\n"};

  const Result<LetterRecord> back = decode_letter(encode_letter(letter));

  ASSERT_TRUE(back) << back.error().what;
  EXPECT_TRUE(*back == letter);
  const LetterRecord lengthy{.sent_at = some_time(), .reason = std::string(100'000, 'x')};
  EXPECT_EQ(decode_letter(encode_letter(lengthy))->reason.size(), kLetterReasonBytesMax);
}

RC_GTEST_PROP(QueueRecordProperty, AnyTextIsUnderstoodOrRefused, ()) {
  const auto text = *rc::gen::arbitrary<std::string>();
  const Result<QueueRecord> record = decode_queue_record(text);
  if (record) RC_ASSERT(decode_queue_record(encode_queue_record(*record)).value() == *record);
}

RC_GTEST_PROP(QueueRecordProperty, AnyBodyComesBack, ()) {
  const MessageRecord record{.number = *rc::gen::arbitrary<std::uint64_t>(),
                             .sent_at = some_time(),
                             .receives = *rc::gen::inRange(0, 1000),
                             .body = *rc::gen::arbitrary<std::string>()};
  RC_ASSERT(decode_queue_record(encode_queue_record(record)).value() == QueueRecord(record));
}

}  // namespace
}  // namespace cordon
