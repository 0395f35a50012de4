// cordon-devcloud: the local stand-in for AWS, as a program of its own, so that nothing of it is in
// what is shipped. `cordon devcloud` and `cordon dev` start it.

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "apps/cordon_devcloud/stand_in_flags.h"
#include "base/stop_on_signals.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "devcloud/devcloud.h"
#include "net/host_port.h"

namespace cordon {
namespace {

constexpr int kExitUsage = 2;
constexpr int kExitFailed = 4;
constexpr std::chrono::milliseconds kLook{200};

struct Flags {
  StandInFlags stand_in;
  std::string log_level = "warn";
  bool while_stdin_open = false;
};

int fail(const Error& error) {
  std::fprintf(stderr, "cordon-devcloud: %s\n", shown(error.what).c_str());
  return kExitFailed;
}

Result<DevCloudOptions> options_of(const StandInFlags& flags) {
  CORDON_TRY(HostPort where, parse_host_port(flags.listen));
  if (!is_loopback(where.host) && flags.secret_key == StandInFlags().secret_key) {
    return usage_error("others can come to " + flags.listen +
                       ", and everybody knows the default key: choose another one with "
                       "--secret-key, or listen on 127.0.0.1");
  }
  return DevCloudOptions{.host = std::move(where.host),
                         .port = where.port,
                         .access_key = flags.access_key,
                         .secret = flags.secret_key,
                         .account = flags.account,
                         .scratch_dir = flags.scratch,
                         .identity_file = flags.identities,
                         .fault_control = flags.fault_control};
}

void print_how_to_use(const DevCloud& cloud, const StandInFlags& flags) {
  std::printf(
      "endpoint: %s\n"
      "A stand-in for S3, SNS, SQS, EventBridge, CloudWatch Logs and STS; everything is gone when "
      "it stops.\n"
      "  export AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s "
      "AWS_REGION=us-east-1\n",
      cloud.endpoint().c_str(), cloud.endpoint().c_str(), shown(flags.access_key).c_str(),
      shown(flags.secret_key).c_str());
  std::fflush(stdout);
}

// Whoever started us keeps the other end open for as long as it lives, however it ends.
bool is_stdin_closed() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return false;
  char byte = 0;
  return ::read(STDIN_FILENO, &byte, 1) == 0;
}

int run(const Flags& flags) {
  const StopOnSignals signals;
  const RealClock clock;
  KernelRandom random;
  const Result<LogLevel> level = parse_log_level(flags.log_level);
  if (!level) {
    fail(level.error());
    return kExitUsage;
  }
  Log log(*level, clock);
  auto options = options_of(flags.stand_in);
  if (!options) {
    fail(options.error());
    return options.error().cause == ErrorCause::usage ? kExitUsage : kExitFailed;
  }
  const auto cloud = DevCloud::start(*std::move(options), clock, random, log);
  if (!cloud) return fail(cloud.error());
  print_how_to_use(**cloud, flags.stand_in);
  if (!flags.while_stdin_open) {
    (void)clock.wait_until(SteadyTime::max(), signals.token());
    return 0;
  }
  while (!is_stdin_closed() && clock.wait_for(kLook, signals.token())) {
  }
  return 0;
}

}  // namespace
}  // namespace cordon

int main(int argc, char** argv) {
  cordon::CommandLine line("cordon-devcloud",
                           "A local stand-in for the parts of AWS that Cordon touches. No store.");
  line.set_version("cordon-devcloud " CORDON_VERSION);
  cordon::Flags flags;
  cordon::add_stand_in_flags(line.root(), flags.stand_in);
  cordon::add_fault_control(line.root(), flags.stand_in);
  line.root().add_option("--log-level", flags.log_level, "debug, info, warn, error or off");
  line.root().add_flag("--while-stdin-open", flags.while_stdin_open,
                       "Stop when standard input is closed");
  if (const auto done = line.parse(argc, argv, cordon::kExitUsage)) return *done;
  return cordon::run(flags);
}
