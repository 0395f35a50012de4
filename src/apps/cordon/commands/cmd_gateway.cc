// cordon gateway link | unlink --file-share-arn ARN, and status

#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/commands/provision_text.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "command_line/command_line.h"
#include "operations/gateways.h"

namespace cordon {
namespace {

struct GatewayFlags {
  std::string share_arn;
  std::optional<int> settling;
  bool beside_s3_events = false;
};

void print(const Process& process, const GatewayReport& report) {
  if (process.options.json) {
    print_json_line(document_of(report));
  } else {
    std::string place = "gone";
    if (report.share) {
      place = std::string(name_of(report.share->protocol)) + ", s3://" +
              report.share->bucket.str() + "/" + report.share->prefix;
    }
    std::printf("%s (%s): %s\n", shown(report.share_arn).c_str(), shown(place).c_str(),
                report.is_linked ? "linked" : "not linked");
    for (const ProvisionStep& step : report.steps) print_step(step, false);
  }
  std::fflush(stdout);
}

int print_outcome(const Process& process, const Result<GatewayReport>& report) {
  if (!report) return report_failure(report.error());
  print(process, *report);
  return kExitDone;
}

int link(Process& process, const GatewayFlags& flags) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  GatewayLinkRequest request{.share_arn = flags.share_arn,
                             .options = {.beside_s3_events = flags.beside_s3_events}};
  if (flags.settling) request.options.settling = std::chrono::seconds(*flags.settling);
  return print_outcome(process, link_file_share(**access, process, request));
}

int unlink(Process& process, const GatewayFlags& flags) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  return print_outcome(process, unlink_file_share(**access, process, flags.share_arn));
}

int status(Process& process) {
  const auto access = connect_account(process);
  if (!access) return report_failure(access.error());
  const auto reports = file_share_status(**access, process);
  if (!reports) return report_failure(reports.error());
  if (reports->empty()) report_nothing(process, "there are no file shares in this region");
  int exit_code = kExitDone;
  for (const GatewayReport& report : *reports) {
    print(process, report);
    if (lacks_a_part(report)) exit_code = kExitPending;
  }
  return exit_code;
}

}  // namespace

void add_gateway_command(Command& app, Selection& selection) {
  Command* gateway =
      app.add_subcommand("gateway", "Scan what Storage Gateways upload, when it is uploaded");
  gateway->require_subcommand();
  auto flags = std::make_shared<GatewayFlags>();  // Shared by the parser and the chosen command.
  Command* add = gateway->add_subcommand("link", "Lead a file share's upload events to the agents");
  add->add_option("--file-share-arn", flags->share_arn, "ARN of an NFS or SMB file share")
      ->required();
  add->add_option("--settling-seconds", flags->settling,
                  "How long a file must rest before its upload is announced (default: 60, or as "
                  "it is)")
      ->between(60, 600);
  add->add_flag("--beside-s3-events", flags->beside_s3_events,
                "Also when the bucket is protected by S3 events; uploads are then looked at twice");
  add->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return link(process, *flags); };
  });
  Command* remove = gateway->add_subcommand("unlink", "Take back exactly what link added");
  remove->add_option("--file-share-arn", flags->share_arn, "ARN of the file share")->required();
  remove->on_chosen([&selection, flags] {
    selection.run = [flags](Process& process) { return unlink(process, *flags); };
  });
  gateway
      ->add_subcommand("status",
                       "Every file share of the region (exit 5 when a linked one lacks a part)")
      ->on_chosen([&selection] { selection.run = status; });
}

}  // namespace cordon
