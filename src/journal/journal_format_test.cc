#include "journal/journal_format.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cordon {
namespace {

/// Payloads of the whole records of a piece, and how many parts of it are none.
struct Found {
  std::vector<std::string> payloads;
  int gaps = 0;
  std::size_t end = 0;
};

Found all_in(const std::string& piece) {
  Found found;
  while (const auto record = find_record(piece, found.end)) {
    if (record->begin > found.end) ++found.gaps;
    found.payloads.emplace_back(record->payload);
    found.end = record->end;
  }
  return found;
}

std::string written(const std::vector<std::string>& payloads) {
  std::string bytes;
  for (const std::string& payload : payloads) bytes += encode_record(payload);
  return bytes;
}

rc::Gen<std::vector<std::string>> some_payloads() {
  const auto character = rc::gen::inRange<char>(' ', '~');
  return rc::gen::container<std::vector<std::string>>(rc::gen::container<std::string>(character));
}

TEST(JournalFormat, IsAsDocumented) {
  const std::string record = encode_record("{}");

  EXPECT_EQ(record.substr(0, 4), std::string("\xFF"
                                             "CR\x01"));
  EXPECT_EQ(record.substr(4, 4), std::string("\x02\0\0\0", 4));
  // CRC-32C of the six bytes 02 00 00 00 7B 7D.
  EXPECT_EQ(record.substr(8, 4), std::string("\x31\x7B\xBC\x54"));
  EXPECT_EQ(record.substr(12), "{}");
}

RC_GTEST_PROP(JournalFormat, EveryRecordIsFoundAgain, ()) {
  const std::vector<std::string> payloads = *some_payloads();

  const std::string bytes = written(payloads);
  const Found found = all_in(bytes);

  RC_ASSERT(found.payloads == payloads);
  RC_ASSERT(found.gaps == 0);
  RC_ASSERT(found.end == bytes.size());
}

// What a crash leaves: everything up to any byte, and behind it whatever was there before.
RC_GTEST_PROP(JournalFormat, ATornTailCostsTheRecordsThatItCuts, ()) {
  const std::vector<std::string> payloads = *some_payloads();
  const std::string bytes = written(payloads);
  const auto kept = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
  const auto zeros = *rc::gen::inRange<std::size_t>(0, 40);

  const Found found = all_in(bytes.substr(0, kept) + std::string(zeros, '\0'));

  std::size_t whole = 0;
  std::size_t end = 0;
  while (whole < payloads.size() && end + kRecordHeadBytes + payloads[whole].size() <= kept) {
    end += kRecordHeadBytes + payloads[whole++].size();
  }
  RC_ASSERT(found.payloads ==
            std::vector<std::string>(payloads.begin(),
                                     payloads.begin() + static_cast<std::ptrdiff_t>(whole)));
  RC_ASSERT(found.end == end);
}

RC_GTEST_PROP(JournalFormat, AByteThatIsWrongCostsOneRecord, ()) {
  std::vector<std::string> payloads = *rc::gen::nonEmpty(some_payloads());
  std::string bytes = written(payloads);
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  const auto flipped = *rc::gen::inRange(1, 256);
  bytes[at] = static_cast<char>(bytes[at] ^ flipped);

  const Found found = all_in(bytes);

  std::size_t end = 0;
  std::size_t hit = 0;
  while (end + kRecordHeadBytes + payloads[hit].size() <= at) {
    end += kRecordHeadBytes + payloads[hit++].size();
  }
  payloads.erase(payloads.begin() + static_cast<std::ptrdiff_t>(hit));
  RC_ASSERT(found.payloads == payloads);
}

TEST(JournalFormat, NoLengthIsBelieved) {
  std::string bytes = encode_record("first") + encode_record("second");
  for (const char* length : {"\xFF\xFF\xFF\xFF", "\x00\x00\x10\x00"}) {
    std::string lying = bytes;
    lying.replace(4, 4, std::string(length, 4));

    EXPECT_EQ(all_in(lying).payloads, std::vector<std::string>{"second"});
  }
}

TEST(JournalFormat, APositionIsReadBackOrIsNone) {
  const JournalPosition position{7, 1U << 20U};
  const std::string bytes = encode_position(position);

  EXPECT_EQ(decode_position(bytes), position);
  for (const std::string& wrong :
       {std::string(), bytes.substr(1), bytes + "x", bytes.substr(0, bytes.size() - 1),
        encode_record("7"), encode_record("7 x"), encode_record("-1 2"), encode_record(" ")}) {
    EXPECT_EQ(decode_position(wrong), std::nullopt);
  }
}

}  // namespace
}  // namespace cordon
