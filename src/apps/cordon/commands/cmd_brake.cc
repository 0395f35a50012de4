// cordon signatures brake | confirm | reject: what new signatures found too much of, and what
// becomes of it.

#include <unistd.h>

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
#include "command_line/command_line.h"
#include "operations/signature_brake.h"

namespace cordon {
namespace {

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

// --- brake -----------------------------------------------------------------------------------

void print_pull(const BrakeReport& report) {
  const BrakeState& state = report.state;
  if (state.phase == BrakeState::Phase::none) {
    const char* state_text = report.held.count > 0 ? "no pull is known" : "never pulled";
    std::printf("state      %s in %s\n", state_text, shown(report.region.str()).c_str());
  } else {
    std::printf(
        "state      %s\nset        %s\nnames      %s\npulled     %s by %s: %llu of %llu "
        "objects\n",
        std::string(name_of(state.phase)).c_str(), shown(state.set, 256).c_str(),
        shown(joined(report.names)).c_str(), state.since ? rfc3339_s(*state.since).c_str() : "?",
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
  std::printf("held       %llu objects\n", static_cast<unsigned long long>(report.held.count));
}

void print_next_steps(const BrakeReport& report) {
  const BrakeState& state = report.state;
  if (state.phase == BrakeState::Phase::holding) {
    std::printf(
        "\nThey are tagged and where they were. To go on:\n"
        "  cordon signatures confirm        the signatures are right\n"
        "  cordon signatures reject         these names count for nothing any more\n"
        "  cordon signatures reject --set   back to the signatures before\n");
  } else if (report.held.count > 0 && state.phase == BrakeState::Phase::none) {
    std::printf(
        "\nThey are left of a pull whose document is gone. To have them scanned again:\n"
        "  cordon signatures confirm\n");
  } else if (report.held.count > 0) {
    const bool is_set = state.rejected_sets.contains(state.set);
    std::printf("\nThey are left from an interrupted decision; give it again to go on: %s\n",
                state.phase == BrakeState::Phase::confirmed ? "cordon signatures confirm"
                : is_set                                    ? "cordon signatures reject --set"
                                                            : "cordon signatures reject");
  }
}

int brake(Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const Result<BrakeReport> report = report_brake(**access, process);
  if (!report) return report_failure(report.error());
  if (process.options.json) {
    print_json_line(document_of(*report));
  } else {
    print_pull(*report);
    print_next_steps(*report);
  }
  return report->is_pending() ? kExitPending : kExitDone;
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

void print_decision(const Process& process, const BrakeDecision& decision,
                    const DecidedBrake& done) {
  if (process.options.json) {
    print_json_line(document_of(done));
    return;
  }
  const BrakeState& state = done.state;
  std::string about = "signatures " + state.set;
  if (decision.kind == BrakeDecision::Kind::reject_names) about = joined(state.ignored);
  std::printf("%s: %s\n%llu held objects are scanned again behind what is new\n",
              std::string(name_of(state.phase)).c_str(), shown(about).c_str(),
              static_cast<unsigned long long>(done.released.asked));
}

/// What is left as it was, and the exit code that says so.
int report_rest(const ReleaseProgress& released, const Region& region) {
  if (released.refused > 0) {
    std::fprintf(stderr,
                 "cordon: the queue does not take the requests for %llu objects, named above; they "
                 "stay held\n",
                 static_cast<unsigned long long>(released.refused));
  }
  if (released.broken > 0) {
    std::fprintf(stderr,
                 "cordon: %llu records under %s are not understood and stay; their objects are "
                 "found by their tags (cordon scan bucket scans everything again)\n",
                 static_cast<unsigned long long>(released.broken),
                 (Deployment::brake_folder(region) + "held/").c_str());
  }
  return released.refused + released.broken > 0 ? kExitFailed : kExitDone;
}

int decide(Process& process, BrakeDecision decision) {
  const BrakeOrder order{.decision = std::move(decision), .decider = decider(process)};
  if (const Result<void> checked = check_order(order); !checked) {
    report_failure(checked.error());
    return kExitUsage;
  }
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const auto done = decide_brake(**access, process, order, progress_for(process));
  if (!process.options.json && ::isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\n");
  if (!done) return report_failure(done.error());
  print_decision(process, order.decision, *done);
  return report_rest(done->released, (*access)->region());
}

int reject(Process& process, const RejectFlags& flags) {
  BrakeDecision decision{.kind = BrakeDecision::Kind::reject_names};
  if (flags.set) decision.kind = BrakeDecision::Kind::reject_set;
  decision.names = {flags.names.begin(), flags.names.end()};
  return decide(process, std::move(decision));
}

}  // namespace

void add_brake_commands(Command& signatures, Selection& selection) {
  Command* brake_command = signatures.add_subcommand(
      "brake",
      "Whether new signatures find too much, and what is held (exit 5: a decision is "
      "awaited)");
  brake_command->on_chosen(
      [&selection] { selection.run = [](Process& process) { return brake(process); }; });

  Command* confirm_command = signatures.add_subcommand(
      "confirm", "The new signatures are right: what is held is scanned again and acted upon");
  confirm_command->on_chosen([&selection] {
    selection.run = [](Process& process) {
      return decide(process, {.kind = BrakeDecision::Kind::confirm});
    };
  });

  auto flags = std::make_shared<RejectFlags>();  // Shared by the parser and the chosen command.
  Command* reject_command = signatures.add_subcommand(
      "reject",
      "The new signatures are wrong: what they find counts for nothing, and what is held "
      "is scanned again");
  Option* set = reject_command->add_flag("--set", flags->set,
                                         "Agents go back to the signatures before, as a whole");
  Option* all = reject_command->add_flag("--names", flags->all_names,
                                         "All new names are ignored (this is usual)");
  Option* one = reject_command->add_option(
      "--name", flags->names, "Only this name is ignored (repeatable); the others are confirmed");
  set->excludes(all)->excludes(one);
  all->excludes(one);
  reject_command->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return reject(process, *flags); };
  });
}

}  // namespace cordon
