#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"

// What stands in the records of a local event queue and in the files of its dead letters
// (docs/formats/local-queue.md): a line of JSON that says what it is, and behind it the message as
// it came. Pure; what is read may be anything.

namespace cordon {

/// Names a message among those that a local queue holds; later ones have larger numbers.
using MessageNumber = std::uint64_t;

/// Sixteen hexadecimal digits, and back. Errors: invalid.
std::string text_of(MessageNumber number);
Result<MessageNumber> parse_message_number(std::string_view text);

/// A message was taken.
struct MessageRecord {
  MessageNumber number = 0;
  SystemTime sent_at = {};
  int receives = 0;  ///< So far; more than none where the record takes the place of an older one.
  std::string body = {};

  bool operator==(const MessageRecord&) const = default;
};

/// How often messages were received by now.
struct ReceivesRecord {
  std::map<MessageNumber, int> receives = {};

  bool operator==(const ReceivesRecord&) const = default;
};

/// A message needs no more work.
struct DoneRecord {
  MessageNumber number = 0;

  bool operator==(const DoneRecord&) const = default;
};

using QueueRecord = std::variant<MessageRecord, ReceivesRecord, DoneRecord>;

std::string encode_queue_record(const QueueRecord& record);
/// Errors: invalid.
Result<QueueRecord> decode_queue_record(std::string_view payload);

/// A message that could not be handled.
struct LetterRecord {
  SystemTime sent_at = {};
  int receives = 0;
  std::string reason = {};  ///< Empty: received too often, and nobody said why.
  std::string body = {};

  bool operator==(const LetterRecord&) const = default;
};

/// The longest reason that is kept; longer ones are cut.
inline constexpr std::size_t kLetterReasonBytesMax = 4096;

std::string encode_letter(const LetterRecord& letter);
/// Errors: invalid.
Result<LetterRecord> decode_letter(std::string_view payload);

}  // namespace cordon
