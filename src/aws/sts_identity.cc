#include "aws/sts_identity.h"

#include <algorithm>

#include "aws/bounded_xml.h"
#include "aws/protocols.h"

namespace cordon {
namespace {

constexpr const char* kOperation = "GetCallerIdentity";
constexpr std::size_t kReplyBytesMax = 64U << 10U;

// The account becomes part of names and ARNs, so it is exactly what an account is.
bool is_account(const std::string& text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<CallerIdentity> caller_identity(ServiceClient& client, Deadline deadline,
                                       std::stop_token stop) {
  const AwsCall call = query_call(AwsService::sts, kOperation, "2011-06-15", {});
  CORDON_TRY(const HttpResponse response, client.call(call, deadline, std::move(stop)));
  pugi::xml_document document;
  CORDON_TRY(const pugi::xml_node root, parse_xml(document, response.body, kOperation,
                                                  "GetCallerIdentityResponse", kReplyBytesMax));
  const pugi::xml_node result = root.child("GetCallerIdentityResult");
  CallerIdentity identity{AccountId(text_of(result, "Account")), text_of(result, "Arn"),
                          text_of(result, "UserId")};
  if (!is_account(identity.account.str())) return broken_reply(kOperation, "no account");
  return identity;
}

}  // namespace cordon
