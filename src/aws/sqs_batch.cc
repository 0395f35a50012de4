#include "aws/sqs_batch.h"

#include <string>

#include "aws/bounded_json.h"
#include "aws/bounded_xml.h"
#include "aws/protocols.h"
#include "aws/sink_calls.h"
#include "aws/sqs_message.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::size_t kReplyBytesMax = 256U << 10U;

using UseEntry = std::function<Result<void>(std::size_t place, const json::object& entry)>;

bool flag_member(const json::object& object, const char* name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_bool() && found->get_bool();
}

Result<void> refused(const AwsCall& call, const json::object& entry) {
  return sqs_error(refused_entry(call, string_member(entry, "Code").value_or(""),
                                 string_member(entry, "Message").value_or(""),
                                 flag_member(entry, "SenderFault")));
}

/// The outcomes, as lists of entries tell them.
class Outcomes {
 public:
  Outcomes(const AwsCall& call, std::size_t count)
      : call_(call),
        told_(count, false),
        outcomes_(count, broken_reply(call.operation, "an entry is neither taken nor refused")) {}

  /// Errors: unavailable when the list tells of what was not sent.
  Result<void> add(const json::object& reply, const char* list, const UseEntry& use) {
    const json::value* found = reply.if_contains(list);
    const json::array* entries = found == nullptr ? nullptr : found->if_array();
    if (entries == nullptr) return {};
    for (const json::value& one : *entries) {
      const json::object* entry = one.if_object();
      const auto place = entry == nullptr ? std::nullopt : u64_member(*entry, "Id");
      if (!place || *place >= outcomes_.size()) {
        return broken_reply(call_.operation, "it tells of what was not sent");
      }
      outcomes_[*place] = told_[*place] ? broken_reply(call_.operation, "an entry is told of twice")
                                        : use(*place, *entry);
      told_[*place] = true;
    }
    return {};
  }

  std::vector<Result<void>> take() { return std::move(outcomes_); }

 private:
  const AwsCall& call_;
  std::vector<bool> told_;
  std::vector<Result<void>> outcomes_;
};

}  // namespace

Result<std::vector<Result<void>>> decode_sqs_batch(const AwsCall& call, std::string_view reply,
                                                   std::size_t count, const UseEntry& taken) {
  CORDON_TRY(const json::object said, parse_json_object(reply, call.operation, kReplyBytesMax));
  Outcomes outcomes(call, count);
  CORDON_TRY(outcomes.add(said, "Successful", taken));
  CORDON_TRY(outcomes.add(said, "Failed", [&](std::size_t, const json::object& entry) {
    return refused(call, entry);
  }));
  return outcomes.take();
}

}  // namespace cordon
