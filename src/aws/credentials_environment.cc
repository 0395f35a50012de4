#include "aws/credentials_environment.h"

#include <algorithm>

#include "base/text.h"

namespace cordon {
namespace {

bool is_graphic(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace

Result<AwsCredentials> static_credentials(std::string_view access_key_id, std::string_view secret,
                                          std::string_view token, std::string_view where) {
  // A line break copied along with a key is the usual mistake, and would end a header.
  access_key_id = trim(access_key_id);
  secret = trim(secret);
  token = trim(token);
  const bool id_ok =
      is_graphic(access_key_id) && access_key_id.find_first_of(",/") == std::string_view::npos;
  if (!id_ok || !is_graphic(secret) || !is_graphic(token)) {
    return Error{Errc::invalid,
                 std::string(where) + ": a key or token holds a character that none can hold"};
  }
  return AwsCredentials{std::string(access_key_id), Secret(secret), Secret(token), std::nullopt,
                        std::string(where)};
}

Result<CredentialsSource::Finding> EnvironmentCredentials::find(Deadline, std::stop_token) {
  const auto id = environment_.get("AWS_ACCESS_KEY_ID");
  auto secret = environment_.get("AWS_SECRET_ACCESS_KEY");
  auto token = environment_.get("AWS_SESSION_TOKEN");
  if (!id && !secret) return Finding{std::nullopt, "AWS_ACCESS_KEY_ID is not set"};
  if (!id || !secret) {
    return Error{Errc::invalid, std::string(id ? "AWS_ACCESS_KEY_ID is set, but "
                                                 "AWS_SECRET_ACCESS_KEY is not"
                                               : "AWS_SECRET_ACCESS_KEY is set, but "
                                                 "AWS_ACCESS_KEY_ID is not") +
                                    ": set both or neither"};
  }
  Result<AwsCredentials> found =
      static_credentials(*id, *secret, token.value_or(""), "environment");
  wipe(*secret);
  if (token) wipe(*token);
  if (!found) return std::move(found).error();
  return Finding{*std::move(found), ""};
}

}  // namespace cordon
