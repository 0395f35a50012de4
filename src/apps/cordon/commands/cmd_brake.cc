// cordon signatures brake | confirm | reject: what new signatures found too much of, and what
// becomes of it.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/commands/cmd_brake.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "brake/brake_decisions.h"

namespace cordon {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLimit{60};
constexpr std::size_t kNamesShown = 20;

struct RejectFlags {
  std::vector<std::string> names;
  bool all_names = false;
  bool set = false;
};

std::string decider(const Process& process) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return process.environment.get("USER").value_or("uid " + std::to_string(::getuid())) + "@" +
         host.data();
}

/// A desk and what it stands on.
struct OpenDesk {
  std::shared_ptr<DeploymentAccess> cloud;
  std::unique_ptr<DocumentStore> pulled;
  std::unique_ptr<DocumentStore> decisions;
  std::unique_ptr<BrakeDecisions> desk;
};

Result<OpenDesk> open_desk(Process& process) {
  OpenDesk open;
  CORDON_TRY(open.cloud, connect_account(process));
  DeploymentAccess& cloud = *open.cloud;
  BrakeDecisionsOptions options{.bucket = cloud.deployment().system_bucket(cloud.account()),
                                .folder = Deployment::brake_folder(cloud.region()),
                                .decider = decider(process)};
  open.pulled = cloud.system_document(ObjectKey(options.folder + "pulled.json"));
  open.decisions = cloud.system_document(ObjectKey(options.folder + "state.json"));
  open.desk = std::make_unique<BrakeDecisions>(
      std::move(options),
      BrakeDecisionsPorts{*open.pulled, *open.decisions, cloud.catalogue(), cloud.store(),
                          process.clock, process.random, process.log, process.metrics});
  return open;
}

template <typename Texts>
json::array array_of(const Texts& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(utf8_clean(text, 256));
  return out;
}

template <typename Texts>
std::string joined(const Texts& texts) {
  std::string out;
  std::size_t count = 0;
  for (const std::string& text : texts) {
    if (++count > kNamesShown) {
      return out + " and " + std::to_string(texts.size() - kNamesShown) + " more";
    }
    out += (out.empty() ? "" : ", ") + shown(text, 256);
  }
  return out;
}

json::value time_or_null(const std::optional<SystemTime>& time) {
  return time ? json::value(rfc3339_ms(*time)) : json::value(nullptr);
}

// --- brake -----------------------------------------------------------------------------------

void print_json(const DeploymentAccess& cloud, const BrakeState& state, const HeldList& held,
                const std::set<std::string>& names) {
  const json::object line{{"schema", "cordon.brake-report/1"},
                          {"region", cloud.region().str()},
                          {"state", name_of(state.phase)},
                          {"set", state.set},
                          {"names", array_of(names)},
                          {"agent", state.agent},
                          {"since", time_or_null(state.since)},
                          {"scanned", state.scanned},
                          {"infected", state.infected},
                          {"held", held.count},
                          {"decidedAt", time_or_null(state.decided_at)},
                          {"decidedBy", state.decided_by},
                          {"ignored", array_of(state.ignored)},
                          {"rejectedSets", array_of(state.rejected_sets)}};
  print_json_line(line);
}

void print_text(const DeploymentAccess& cloud, const BrakeState& state, const HeldList& held,
                const std::set<std::string>& names) {
  if (state.phase == BrakeState::Phase::none) {
    std::printf("state      never pulled in %s\n", shown(cloud.region().str()).c_str());
  } else {
    std::printf(
        "state      %s\nset        %s\nnames      %s\npulled     %s by %s: %llu of %llu "
        "objects\n",
        std::string(name_of(state.phase)).c_str(), shown(state.set, 256).c_str(),
        shown(joined(names)).c_str(), state.since ? rfc3339_s(*state.since).c_str() : "?",
        shown(state.agent, 256).c_str(), static_cast<unsigned long long>(state.infected),
        static_cast<unsigned long long>(state.scanned));
  }
  if (state.decided_at) {
    std::printf("decided    %s by %s\n", rfc3339_s(*state.decided_at).c_str(),
                shown(state.decided_by, 256).c_str());
  }
  if (!state.ignored.empty()) {
    std::printf("ignored    %s: count for nothing any more\n",
                shown(joined(state.ignored)).c_str());
  }
  if (!state.rejected_sets.empty()) {
    std::printf("rejected   signatures %s\n", shown(joined(state.rejected_sets)).c_str());
  }
  std::printf("held       %llu objects\n", static_cast<unsigned long long>(held.count));
  if (state.phase == BrakeState::Phase::holding) {
    std::printf(
        "\nThey are tagged and where they were. To go on:\n"
        "  cordon signatures confirm        the signatures are right\n"
        "  cordon signatures reject         these names count for nothing any more\n"
        "  cordon signatures reject --set   back to the signatures before\n");
  } else if (held.count > 0) {
    const bool is_set = state.rejected_sets.contains(state.set);
    std::printf("\nThey are left from an interrupted decision; give it again to go on: %s\n",
                state.phase == BrakeState::Phase::confirmed ? "cordon signatures confirm"
                : is_set                                    ? "cordon signatures reject --set"
                                                            : "cordon signatures reject");
  }
}

int brake(Process& process) {
  const Result<OpenDesk> open = open_desk(process);
  if (!open) return report_failure(open.error());
  const auto state = open->desk->state(process.stop);
  if (!state) {
    report_failure(state.error());
    return kExitFailed;
  }
  const auto held = open->desk->held(process.stop);
  if (!held) return report_failure(held.error());
  const BrakeState& now = *state;
  std::set<std::string> names = held->names;
  names.insert(now.names.begin(), now.names.end());
  if (process.options.json) {
    print_json(*open->cloud, now, *held, names);
  } else {
    print_text(*open->cloud, now, *held, names);
  }
  return now.phase == BrakeState::Phase::holding || held->count > 0 ? kExitPending : kExitDone;
}

// --- confirm, reject -------------------------------------------------------------------------

std::function<void(const ReleaseProgress&)> progress_for(const Process& process) {
  const bool is_quiet = process.options.json;
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  return [=](const ReleaseProgress& now) {
    if (is_quiet) return;
    std::fprintf(stderr, "%s%llu objects asked for%s", is_terminal ? "\r" : "",
                 static_cast<unsigned long long>(now.asked), is_terminal ? "\033[K" : "\n");
    std::fflush(stderr);
  };
}

// Agents may have told more since the person looked, so it is said what was decided about.
void print_decision(const Process& process, const BrakeDecision& decision,
                    const DecidedBrake& done) {
  const BrakeState& state = done.state;
  const std::string name(name_of(state.phase));
  if (process.options.json) {
    const json::object line{{"schema", "cordon.brake-decision/1"},
                            {"state", name},
                            {"set", state.set},
                            {"names", array_of(state.names)},
                            {"ignored", array_of(state.ignored)},
                            {"rejectedSets", array_of(state.rejected_sets)},
                            {"asked", done.released.asked},
                            {"broken", done.released.broken},
                            {"refused", done.released.refused}};
    print_json_line(line);
    return;
  }
  std::string about = "signatures " + state.set;
  if (decision.kind == BrakeDecision::Kind::reject_names) about = joined(state.ignored);
  std::printf("%s: %s\n%llu held objects are scanned again behind what is new\n",
              shown(name).c_str(), shown(about).c_str(),
              static_cast<unsigned long long>(done.released.asked));
}

int decide(Process& process, const BrakeDecision& decision) {
  const Result<OpenDesk> open = open_desk(process);
  if (!open) return report_failure(open.error());
  const auto queue =
      open->cloud->scan_requests(Deadline::after(process.clock, kLimit), process.stop);
  if (!queue) return report_failure(queue.error());
  const auto done = open->desk->decide(decision, **queue, progress_for(process), process.stop);
  if (!process.options.json && ::isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\n");
  if (!done) {
    report_failure(done.error());
    return done.error().code == Errc::not_found ? kExitPending : kExitFailed;
  }
  print_decision(process, decision, *done);
  if (done->released.refused > 0) {
    std::fprintf(stderr,
                 "cordon: the queue does not take the requests for %llu objects, named above; they "
                 "stay held\n",
                 static_cast<unsigned long long>(done->released.refused));
  }
  if (done->released.broken > 0) {
    std::fprintf(stderr,
                 "cordon: %llu records under %s are not understood and stay; their objects are "
                 "found by their tags (cordon scan bucket scans everything again)\n",
                 static_cast<unsigned long long>(done->released.broken),
                 (Deployment::brake_folder(open->cloud->region()) + "held/").c_str());
    return kExitFailed;
  }
  return done->released.refused > 0 ? kExitFailed : kExitDone;
}

int reject(Process& process, const RejectFlags& flags) {
  BrakeDecision decision{.kind = BrakeDecision::Kind::reject_names};
  if (flags.set) decision.kind = BrakeDecision::Kind::reject_set;
  decision.names = {flags.names.begin(), flags.names.end()};
  for (const std::string& name : decision.names) {
    if (!name.empty() && name.size() <= 256 && is_utf8(name)) continue;
    report_failure({Errc::invalid, "--name takes a name as cordon signatures brake shows it"});
    return kExitUsage;
  }
  return decide(process, decision);
}

}  // namespace

Result<BrakeState> brake_state(Process& process) {
  CORDON_TRY(const OpenDesk open, open_desk(process));
  return open.desk->state(process.stop);
}

Result<std::uint64_t> held_objects(Process& process) {
  CORDON_TRY(const OpenDesk open, open_desk(process));
  CORDON_TRY(const HeldList held, open.desk->held(process.stop));
  return held.count;
}

void add_brake_commands(CLI::App& signatures, Selection& selection) {
  CLI::App* brake_command = signatures.add_subcommand(
      "brake",
      "Whether new signatures find too much, and what is held (exit 5: a decision is "
      "awaited)");
  brake_command->callback(
      [&selection] { selection.run = [](Process& process) { return brake(process); }; });

  CLI::App* confirm_command = signatures.add_subcommand(
      "confirm", "The new signatures are right: what is held is scanned again and acted upon");
  confirm_command->callback([&selection] {
    selection.run = [](Process& process) {
      return decide(process, {.kind = BrakeDecision::Kind::confirm});
    };
  });

  auto flags = std::make_shared<RejectFlags>();  // Shared by the parser and the chosen command.
  CLI::App* reject_command = signatures.add_subcommand(
      "reject",
      "The new signatures are wrong: what they find counts for nothing, and what is held "
      "is scanned again");
  CLI::Option* set = reject_command->add_flag(
      "--set", flags->set, "Agents go back to the signatures before, as a whole");
  CLI::Option* all = reject_command->add_flag("--names", flags->all_names,
                                              "All new names are ignored (this is usual)");
  CLI::Option* one = reject_command->add_option(
      "--name", flags->names, "Only this name is ignored (repeatable); the others are confirmed");
  set->excludes(all)->excludes(one);
  all->excludes(one);
  reject_command->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return reject(process, *flags); };
  });
}

}  // namespace cordon
