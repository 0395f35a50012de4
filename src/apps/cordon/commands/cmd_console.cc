// cordon console, and its tokens: cordon console token new NAME | list | revoke NAME

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/cli.h"
#include "apps/cordon/json_line.h"
#include "apps/cordon/services/console_service.h"
#include "base/duration.h"
#include "base/secret.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "store/open_store.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kTimeLimit{30};
constexpr std::chrono::hours kLifeMax{24 * 3650};

struct TokenFlags {
  std::string database;
  std::string name;
  std::string role = "viewer";
  std::string expires = "90d";
};

using StoreUse = Result<void> (*)(const TokenFlags& flags, Process& process, TokenStore& tokens,
                                  Deadline deadline);

int with_tokens(const TokenFlags& flags, Process& process, StoreUse use) {
  const Result<DatabaseLocation> location = parse_database(flags.database);
  if (!location) {
    report_failure(location.error());
    return kExitUsage;
  }
  const Deadline deadline = Deadline::after(process.clock, kTimeLimit);
  const auto store = open_store(*location, 1, process.clock, deadline, process.stop);
  if (!store) return report_failure(store.error());
  const Result<void> done = use(flags, process, **store, deadline);
  return done ? kExitDone : report_failure(done.error());
}

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

Result<void> make_token(const TokenFlags& flags, Process& process, TokenStore& tokens,
                        Deadline deadline) {
  const SystemTime now = process.clock.system_now();
  CORDON_TRY(check_token_name(flags.name));
  CORDON_TRY(const std::optional<SystemTime> expires, end_of(flags, now));
  std::string secret = new_token_secret(process.random);
  const WipedLater wiped(secret);
  const ApiToken token{.name = flags.name,
                       .role = parse_api_role(flags.role).value_or(ApiRole::viewer),
                       .digest = digest_of_secret(secret),
                       .created = now,
                       .expires = expires};
  CORDON_TRY(tokens.add_token(token, deadline, process.stop));
  if (process.options.json) {
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

Result<void> list_tokens(const TokenFlags&, Process& process, TokenStore& tokens,
                         Deadline deadline) {
  CORDON_TRY(const std::vector<ApiToken> all, tokens.tokens(deadline, process.stop));
  const SystemTime now = process.clock.system_now();
  for (const ApiToken& token : all) {
    if (process.options.json) {
      print_json_line(json::object{{"schema", "cordon.console-token/1"},
                                   {"name", shown(token.name)},
                                   {"role", name_of(token.role)},
                                   {"created", rfc3339_s(token.created)},
                                   {"expires", time_or_null(token.expires)},
                                   {"revoked", time_or_null(token.revoked)},
                                   {"state", state_of(token, now)}});
      continue;
    }
    std::printf("%s: %s, %s, created %s, expires %s\n", shown(token.name).c_str(),
                shown(state_of(token, now)).c_str(), std::string(name_of(token.role)).c_str(),
                rfc3339_s(token.created).c_str(), shown(end_text(token)).c_str());
  }
  return {};
}

Result<void> revoke_token(const TokenFlags& flags, Process& process, TokenStore& tokens,
                          Deadline deadline) {
  CORDON_TRY(tokens.revoke_token(flags.name, process.clock.system_now(), deadline, process.stop));
  std::fprintf(stderr, "token %s does not count any more\n", shown(flags.name).c_str());
  return {};
}

void add_database_option(Command& command, std::string& database) {
  command
      .add_option("--database", database,
                  "sqlite:PATH, or postgresql://USER@HOST/DATABASE (passwords: PGPASSFILE)")
      ->environment("CORDON_DATABASE")
      ->required();
}

Command* add_token_use(Command& token, Selection& selection,
                       const std::shared_ptr<TokenFlags>& flags, const char* name, const char* help,
                       StoreUse use) {
  Command* command = token.add_subcommand(name, help);
  add_database_option(*command, flags->database);
  command->on_chosen([&selection, flags, use] {
    selection.run = [flags, use](Process& process) { return with_tokens(*flags, process, use); };
  });
  return command;
}

Command* add_token_command(Command& console, Selection& selection) {
  auto flags = std::make_shared<TokenFlags>();  // Shared by the parser and the chosen command.
  Command* token = console.add_subcommand("token", "Tokens of the REST interface, by database");
  token->require_subcommand();
  Command* make = add_token_use(*token, selection, flags, "new",
                                "Make a token and print it, this once", make_token);
  make->add_option("NAME", flags->name, "Whose it is, for people")->required();
  make->add_option("--role", flags->role,
                   "viewer: may read (default); operator: may say that problems are handled, too; "
                   "admin: may do everything")
      ->one_of({"viewer", "operator", "admin"});
  make->add_option("--expires", flags->expires, "After this time, or never (default: 90d)");
  add_token_use(*token, selection, flags, "list", "All tokens that there ever were", list_tokens);
  Command* revoke = add_token_use(*token, selection, flags, "revoke",
                                  "From now on the token does not count", revoke_token);
  revoke->add_option("NAME", flags->name, "Whose it is")->required();
  return token;
}

}  // namespace

void add_console_command(Command& app, Selection& selection) {
  Command* console =
      app.add_subcommand("console", "Keep what agents find, and show it over HTTP (REST)");
  console->allow_subcommand();
  auto flags = std::make_shared<ConsoleFlags>();  // Shared by the parser and the chosen command.
  console->add_option("--listen", flags->listen,
                      "HOST:PORT; port 0: any (default: 127.0.0.1:8080)");
  console
      ->add_option("--database", flags->database,
                   "sqlite:PATH, or postgresql://USER@HOST/DATABASE (passwords: PGPASSFILE)")
      ->environment("CORDON_DATABASE");
  console->add_option("--keep", flags->keep,
                      "Forget results after this time, at least 30d (default: 365d)");
  console->add_option("--public-url", flags->public_url,
                      "Where people reach it through a proxy, as https://console.example.org");
  Command* token = add_token_command(*console, selection);
  console->on_chosen([&selection, flags, token] {
    if (token->is_chosen()) return;
    selection.is_service = true;
    selection.run = [flags](Process& process) { return run_console_service(*flags, process); };
  });
}

}  // namespace cordon
