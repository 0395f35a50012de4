#include "push/queue_record.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <optional>

#include "base/text.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kHeadBytesMax = 64U << 10U;
constexpr std::size_t kDepthMax = 3;
constexpr std::size_t kNumberDigits = 16;
constexpr std::int64_t kReceivesMax = 1'000'000;

Error malformed(const std::string& why) {
  return Error{Errc::invalid, "this is no record of a local queue: " + why};
}

/// The line in front, and the message behind it.
struct Parts {
  json::object head;
  std::string_view body;
};

Result<Parts> parts_of(std::string_view payload) {
  const std::size_t line_end = std::min(payload.find('\n'), payload.size());
  if (line_end > kHeadBytesMax) return malformed("its first line is too long");
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  boost::system::error_code failure;
  json::value head = json::parse(json::string_view(payload.data(), line_end), failure, {}, limits);
  if (failure || !head.is_object()) return malformed("its first line is no JSON object");
  return Parts{std::move(head.get_object()),
               payload.substr(std::min(line_end + 1, payload.size()))};
}

std::optional<std::string_view> text_in(const json::object& head, std::string_view name) {
  const json::value* found = head.if_contains(name);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

Result<MessageNumber> number_in(const json::object& head, std::string_view name) {
  const std::optional<std::string_view> text = text_in(head, name);
  if (!text) return malformed("no number of a message");
  return parse_message_number(*text);
}

Result<int> receives_in(const json::value* value) {
  const std::int64_t* count = value == nullptr ? nullptr : value->if_int64();
  if (count == nullptr || *count < 0 || *count > kReceivesMax) {
    return malformed("no number of receives");
  }
  return static_cast<int>(*count);
}

Result<SystemTime> time_in(const json::object& head) {
  const std::optional<std::string_view> text = text_in(head, "sentAt");
  if (!text) return malformed("no time");
  return parse_rfc3339(*text);
}

Result<QueueRecord> decode_receives(const json::value& value) {
  const json::object* receives = value.if_object();
  if (receives == nullptr) return malformed("no list of receives");
  ReceivesRecord record;
  for (const auto& member : *receives) {
    CORDON_TRY(const MessageNumber number,
               parse_message_number({member.key().data(), member.key().size()}));
    CORDON_TRY(const int count, receives_in(&member.value()));
    record.receives[number] = count;
  }
  return QueueRecord(std::move(record));
}

std::string with_body(const json::object& head, const std::string& body) {
  return json::serialize(head) + "\n" + body;
}

std::string encode(const MessageRecord& record) {
  return with_body(json::object{{"message", text_of(record.number)},
                                {"sentAt", rfc3339_ms(record.sent_at)},
                                {"receives", record.receives}},
                   record.body);
}

std::string encode(const ReceivesRecord& record) {
  json::object receives;
  for (const auto& [number, count] : record.receives) receives[text_of(number)] = count;
  return json::serialize(json::object{{"received", std::move(receives)}});
}

std::string encode(const DoneRecord& record) {
  return json::serialize(json::object{{"done", text_of(record.number)}});
}

}  // namespace

std::string text_of(MessageNumber number) {
  std::array<char, kNumberDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
  return digits.data();
}

Result<MessageNumber> parse_message_number(std::string_view text) {
  if (text.size() != kNumberDigits) return malformed("a number that is none");
  MessageNumber number = 0;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c >= 'a' && c <= 'f')) return malformed("a number that is none");
    number = number * 16 + static_cast<MessageNumber>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return number;
}

std::string encode_queue_record(const QueueRecord& record) {
  return std::visit([](const auto& one) { return encode(one); }, record);
}

Result<QueueRecord> decode_queue_record(std::string_view payload) {
  CORDON_TRY(const Parts parts, parts_of(payload));
  if (parts.head.contains("message")) {
    MessageRecord record;
    CORDON_TRY(record.number, number_in(parts.head, "message"));
    CORDON_TRY(record.sent_at, time_in(parts.head));
    CORDON_TRY(record.receives, receives_in(parts.head.if_contains("receives")));
    record.body = parts.body;
    return QueueRecord(std::move(record));
  }
  if (const json::value* receives = parts.head.if_contains("received")) {
    return decode_receives(*receives);
  }
  CORDON_TRY(const MessageNumber number, number_in(parts.head, "done"));
  return QueueRecord(DoneRecord{number});
}

std::string encode_letter(const LetterRecord& letter) {
  return with_body(json::object{{"letter", 1},
                                {"sentAt", rfc3339_ms(letter.sent_at)},
                                {"receives", letter.receives},
                                {"reason", utf8_clean(letter.reason, kLetterReasonBytesMax)}},
                   letter.body);
}

Result<LetterRecord> decode_letter(std::string_view payload) {
  CORDON_TRY(const Parts parts, parts_of(payload));
  if (!parts.head.contains("letter")) return malformed("no dead letter");
  LetterRecord letter;
  CORDON_TRY(letter.sent_at, time_in(parts.head));
  CORDON_TRY(letter.receives, receives_in(parts.head.if_contains("receives")));
  letter.reason = utf8_clean(text_in(parts.head, "reason").value_or(""), kLetterReasonBytesMax);
  letter.body = parts.body;
  return letter;
}

}  // namespace cordon
