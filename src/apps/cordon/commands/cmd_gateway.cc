// cordon gateway link | unlink --file-share-arn ARN, and status

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "apps/cordon/account/connect_account.h"
#include "apps/cordon/cli.h"
#include "apps/cordon/json_line.h"
#include "base/text.h"
#include "provision/gateway_link.h"

namespace cordon {
namespace {

constexpr std::chrono::minutes kTimeLimit{5};

struct GatewayFlags {
  std::string share_arn;
  std::optional<int> settling;
  bool beside_s3_events = false;
};

void print_json(const GatewayReport& report) {
  boost::json::array steps;
  for (const ProvisionStep& step : report.steps) {
    steps.push_back(boost::json::object{{"what", step.what},
                                        {"name", step.name},
                                        {"state", std::string(name_of(step.state))},
                                        {"note", step.note}});
  }
  boost::json::object document{{"fileShareArn", report.share_arn}, {"linked", report.is_linked}};
  if (const auto& share = report.share) {
    document["protocol"] = std::string(name_of(share->protocol));
    document["bucket"] = share->bucket.str();
    document["prefix"] = share->prefix;
    document["settlingSeconds"] =
        share->settling ? boost::json::value(share->settling->count()) : nullptr;
  }
  document["steps"] = std::move(steps);
  print_json_line(document);
}

void print(const Process& process, const GatewayReport& report) {
  if (process.options.json) {
    print_json(report);
  } else {
    std::string place = "gone";
    if (report.share) {
      place = std::string(name_of(report.share->protocol)) + ", s3://" +
              report.share->bucket.str() + "/" + report.share->prefix;
    }
    std::printf("%s (%s): %s\n", shown(report.share_arn).c_str(), shown(place).c_str(),
                report.is_linked ? "linked" : "not linked");
    for (const ProvisionStep& step : report.steps) {
      std::printf("  %-18s %-8s %s%s%s\n", shown(step.what).c_str(),
                  std::string(name_of(step.state)).c_str(), shown(step.name).c_str(),
                  step.note.empty() ? "" : "  - ", shown(step.note).c_str());
    }
  }
  std::fflush(stdout);
}

template <typename Work>
int with_gateway(Process& process, Work&& work) {
  auto cloud = connect_account(process);
  if (!cloud) return report_failure(cloud.error());
  Protection protection = (*cloud)->protection();
  GatewayLink gateway = (*cloud)->gateway_link(protection);
  return work(**cloud, gateway, Deadline::after(process.clock, kTimeLimit));
}

int link(Process& process, const GatewayFlags& flags) {
  return with_gateway(process, [&](DeploymentAccess&, GatewayLink& gateway, Deadline deadline) {
    GatewayLinkOptions options{.beside_s3_events = flags.beside_s3_events};
    if (flags.settling) options.settling = std::chrono::seconds(*flags.settling);
    const auto report = gateway.link(flags.share_arn, options, deadline, process.stop);
    if (!report) return report_failure(report.error());
    print(process, *report);
    return static_cast<int>(kExitDone);
  });
}

int unlink(Process& process, const GatewayFlags& flags) {
  return with_gateway(process, [&](DeploymentAccess&, GatewayLink& gateway, Deadline deadline) {
    const auto report = gateway.unlink(flags.share_arn, deadline, process.stop);
    if (!report) return report_failure(report.error());
    print(process, *report);
    return static_cast<int>(kExitDone);
  });
}

// A linked share that lacks a part is what one has to know about; others are only listed.
int status(Process& process) {
  return with_gateway(process, [&](DeploymentAccess& cloud, GatewayLink& gateway,
                                   Deadline deadline) {
    const auto reports = gateway.status(cloud.region(), deadline, process.stop);
    if (!reports) return report_failure(reports.error());
    bool broken = false;
    for (const GatewayReport& report : *reports) {
      print(process, report);
      broken = broken || std::any_of(report.steps.begin(), report.steps.end(), [](const auto& s) {
                 return s.state == ProvisionStep::State::missing;
               });
    }
    return static_cast<int>(broken ? kExitPending : kExitDone);
  });
}

}  // namespace

void add_gateway_command(CLI::App& app, Selection& selection) {
  CLI::App* gateway =
      app.add_subcommand("gateway", "Scan what Storage Gateways upload, when it is uploaded");
  gateway->require_subcommand(1);
  auto flags = std::make_shared<GatewayFlags>();  // Shared by the parser and the chosen command.
  CLI::App* add =
      gateway->add_subcommand("link", "Lead a file share's upload events to the agents");
  add->add_option("--file-share-arn", flags->share_arn, "ARN of an NFS or SMB file share")
      ->required();
  add->add_option("--settling-seconds", flags->settling,
                  "How long a file must rest before its upload is announced (default: 60, or as "
                  "it is)")
      ->check(CLI::Range(60, 600));
  add->add_flag("--beside-s3-events", flags->beside_s3_events,
                "Also when the bucket is protected by S3 events; uploads are then looked at twice");
  add->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return link(process, *flags); };
  });
  CLI::App* remove = gateway->add_subcommand("unlink", "Take back exactly what link added");
  remove->add_option("--file-share-arn", flags->share_arn, "ARN of the file share")->required();
  remove->callback([&selection, flags] {
    selection.run = [flags](Process& process) { return unlink(process, *flags); };
  });
  gateway
      ->add_subcommand("status",
                       "Every file share of the region (exit 5 when a linked one lacks a part)")
      ->callback([&selection] { selection.run = status; });
}

}  // namespace cordon
