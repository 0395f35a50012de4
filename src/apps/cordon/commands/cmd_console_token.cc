// cordon console token new NAME | list | revoke NAME

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/commands/console_database.h"
#include "apps/cordon/json_line.h"
#include "base/duration.h"
#include "base/secret.h"
#include "base/text.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::hours kLifeMax{24 * 3650};

struct TokenFlags {
  std::string name;
  std::string role = "viewer";
  std::string expires = "90d";
};
using Flags = std::shared_ptr<TokenFlags>;  // Shared by the parser and the chosen command.

Result<std::optional<SystemTime>> end_of(const TokenFlags& flags, SystemTime now) {
  using MaybeTime = std::optional<SystemTime>;
  if (flags.expires == "never") return MaybeTime();
  CORDON_TRY(const std::chrono::milliseconds life, parse_duration(flags.expires, kLifeMax));
  return MaybeTime(now + life);
}

std::string end_text(const ApiToken& token) {
  return token.expires ? rfc3339_s(*token.expires) : "never";
}

json::value time_or_null(const std::optional<SystemTime>& time) {
  return time ? json::value(rfc3339_s(*time)) : json::value(nullptr);
}

Result<void> make_token(const DatabaseCall& call, const TokenFlags& flags) {
  CORDON_TRY(check_token_name(flags.name));
  CORDON_TRY(const std::optional<SystemTime> expires, end_of(flags, call.now));
  std::string secret = new_token_secret(call.process.random);
  const WipedLater wiped(secret);
  const ApiToken token{.name = flags.name,
                       .role = parse_api_role(flags.role).value_or(ApiRole::viewer),
                       .digest = digest_of_secret(secret),
                       .created = call.now,
                       .expires = expires};
  CORDON_TRY(call.store.add_token(token, call.deadline, call.process.stop));
  CORDON_TRY(
      note_command(call, "cordon console token new", token.name,
                   "as " + std::string(name_of(token.role)) + ", expires " + end_text(token)));
  if (call.process.options.json) {
    print_json_line(json::object{{"schema", "cordon.console-token-made/1"},
                                 {"name", token.name},
                                 {"role", name_of(token.role)},
                                 {"expires", time_or_null(token.expires)},
                                 {"token", secret}});
  } else {
    std::printf("%s\n", shown(secret).c_str());
    std::fprintf(stderr, "token %s, role %s, expires %s; it is shown this once\n",
                 shown(token.name).c_str(), std::string(name_of(token.role)).c_str(),
                 shown(end_text(token)).c_str());
  }
  return {};
}

std::string_view state_of(const ApiToken& token, SystemTime now) {
  if (token.revoked) return "revoked";
  return is_valid(token, now) ? "in force" : "expired";
}

Result<void> list_tokens(const DatabaseCall& call, const TokenFlags&) {
  CORDON_TRY(const std::vector<ApiToken> all, call.store.tokens(call.deadline, call.process.stop));
  for (const ApiToken& token : all) {
    if (call.process.options.json) {
      print_json_line(json::object{{"schema", "cordon.console-token/1"},
                                   {"name", shown(token.name)},
                                   {"role", name_of(token.role)},
                                   {"created", rfc3339_s(token.created)},
                                   {"expires", time_or_null(token.expires)},
                                   {"revoked", time_or_null(token.revoked)},
                                   {"state", state_of(token, call.now)}});
      continue;
    }
    std::printf("%s: %s, %s, created %s, expires %s\n", shown(token.name).c_str(),
                shown(state_of(token, call.now)).c_str(), std::string(name_of(token.role)).c_str(),
                rfc3339_s(token.created).c_str(), shown(end_text(token)).c_str());
  }
  return {};
}

Result<void> revoke_token(const DatabaseCall& call, const TokenFlags& flags) {
  CORDON_TRY(call.store.revoke_token(flags.name, call.now, call.deadline, call.process.stop));
  CORDON_TRY(note_command(call, "cordon console token revoke", flags.name, ""));
  std::fprintf(stderr, "token %s does not count any more\n", shown(flags.name).c_str());
  return {};
}

Command* add_token_use(Command& token, Selection& selection, const char* name, const char* help,
                       const Flags& flags,
                       Result<void> (*use)(const DatabaseCall&, const TokenFlags&)) {
  return add_database_command(token, selection, name, help,
                              [flags, use](const DatabaseCall& call) { return use(call, *flags); });
}

}  // namespace

Command* add_token_commands(Command& console, Selection& selection) {
  Command* token = console.add_subcommand("token", "Tokens of the REST interface, by database");
  token->require_subcommand();
  const auto flags = std::make_shared<TokenFlags>();
  Command* make = add_token_use(*token, selection, "new", "Make a token and print it, this once",
                                flags, make_token);
  make->add_option("NAME", flags->name, "Whose it is, for people")->required();
  make->add_option(
          "--role", flags->role,
          "viewer: may read (default); operator: may act on problems, single objects, messages and "
          "sweeps, too; admin: may do everything")
      ->one_of({"viewer", "operator", "admin"});
  make->add_option("--expires", flags->expires, "After this time, or never (default: 90d)");
  add_token_use(*token, selection, "list", "All tokens that there ever were", flags, list_tokens);
  Command* revoke = add_token_use(*token, selection, "revoke",
                                  "From now on the token does not count", flags, revoke_token);
  revoke->add_option("NAME", flags->name, "Whose it is")->required();
  return token;
}

}  // namespace cordon
