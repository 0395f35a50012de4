// cordon console person list | invite NAME --role R | disable NAME | reset NAME: for whoever may
// write to the database, so that nobody is locked out of his own console.

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "apps/cordon/commands/console_database.h"
#include "apps/cordon/json_line.h"
#include "base/secret.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "console/person_changes.h"

namespace cordon {
namespace {

namespace json = boost::json;

struct PersonFlags {
  std::string name;
  std::string role = "viewer";
};
using Flags = std::shared_ptr<PersonFlags>;  // Shared by the parser and the chosen command.

PeopleCall people_of(const DatabaseCall& call) {
  return {call.store, call.process.random, call.now, call.deadline, call.process.stop};
}

json::object person_object(const Person& person, SystemTime now) {
  return {{"schema", "cordon.console-person/1"},
          {"name", shown(person.name)},
          {"role", name_of(person.role)},
          {"state", state_of(person, now)},
          {"codes", person.code_secret.has_value()},
          {"created", rfc3339_s(person.created)}};
}

void print_invited(const DatabaseCall& call, const InvitedPerson& invited) {
  if (call.process.options.json) {
    json::object out = person_object(invited.person, call.now);
    out["invitation"] = invited.secret;
    print_json_line(out);
    return;
  }
  std::printf("%s\n", shown(invited.secret).c_str());
  std::fprintf(stderr,
               "%s, %s, may choose a password with this invitation until %s; it is shown this "
               "once\n",
               shown(invited.person.name).c_str(),
               std::string(name_of(invited.person.role)).c_str(),
               rfc3339_s(invited.person.invitation->expires).c_str());
}

Result<void> list_people(const DatabaseCall& call) {
  CORDON_TRY(const std::vector<Person> people, call.store.people(call.deadline, call.process.stop));
  for (const Person& person : people) {
    if (call.process.options.json) {
      print_json_line(person_object(person, call.now));
      continue;
    }
    std::printf("%s: %s, %s%s, created %s\n", shown(person.name).c_str(),
                shown(state_of(person, call.now)).c_str(),
                std::string(name_of(person.role)).c_str(),
                person.code_secret ? ", one-time codes" : "", rfc3339_s(person.created).c_str());
  }
  if (people.empty()) report_nothing(call.process, "nobody may sign in yet");
  return {};
}

Result<void> invite(const DatabaseCall& call, const PersonFlags& flags) {
  const ApiRole role = parse_api_role(flags.role).value_or(ApiRole::viewer);
  CORDON_TRY(InvitedPerson invited, invite_person(people_of(call), flags.name, role));
  const WipedLater wiped(invited.secret);
  CORDON_TRY(note_command(call, "cordon console person invite", flags.name,
                          "as " + std::string(name_of(role))));
  print_invited(call, invited);
  return {};
}

Result<void> disable(const DatabaseCall& call, const PersonFlags& flags) {
  CORDON_TRY(disable_person(people_of(call), flags.name, AdminRule::none));
  CORDON_TRY(note_command(call, "cordon console person disable", flags.name, ""));
  std::fprintf(stderr, "%s cannot sign in any more; reset lets him again\n",
               shown(flags.name).c_str());
  return {};
}

Result<void> reset(const DatabaseCall& call, const PersonFlags& flags) {
  CORDON_TRY(InvitedPerson invited, reset_person(people_of(call), flags.name, AdminRule::none));
  const WipedLater wiped(invited.secret);
  CORDON_TRY(note_command(call, "cordon console person reset", flags.name, ""));
  print_invited(call, invited);
  return {};
}

Command* add_person_use(Command& person, Selection& selection, const char* name, const char* help,
                        const Flags& flags,
                        Result<void> (*use)(const DatabaseCall&, const PersonFlags&)) {
  Command* command =
      add_database_command(person, selection, name, help,
                           [flags, use](const DatabaseCall& call) { return use(call, *flags); });
  command->add_option("NAME", flags->name, "As he signs in")->required();
  return command;
}

}  // namespace

Command* add_person_commands(Command& console, Selection& selection) {
  Command* person = console.add_subcommand("person", "Who may sign in, by database");
  person->require_subcommand();
  const auto flags = std::make_shared<PersonFlags>();
  add_database_command(*person, selection, "list", "Everybody who may sign in, and how he is",
                       list_people);
  Command* invited =
      add_person_use(*person, selection, "invite",
                     "Add somebody, and print an invitation, this once", flags, invite);
  invited
      ->add_option(
          "--role", flags->role,
          "viewer: may read (default); operator: may act on problems, single objects, messages and "
          "sweeps, too; admin: may do everything")
      ->one_of({"viewer", "operator", "admin"});
  add_person_use(*person, selection, "disable", "From now on this one cannot sign in", flags,
                 disable);
  add_person_use(*person, selection, "reset",
                 "End password, one-time codes and sessions, and print an invitation", flags,
                 reset);
  return person;
}

}  // namespace cordon
