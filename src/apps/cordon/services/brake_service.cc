#include "apps/cordon/services/brake_service.h"

#include <pthread.h>

#include <utility>

namespace cordon {

BrakeService::BrakeService(BrakeWatchOptions options, DeploymentAccess& cloud, Process& process,
                           std::function<BrakeSettings()> settings)
    : pulled_(cloud.system_document(ObjectKey(options.folder + "pulled.json"))),
      decisions_(cloud.system_document(ObjectKey(options.folder + "state.json"))),
      history_(cloud.system_document(ObjectKey(options.folder + "history.json"))),
      watch_(std::move(options),
             {*pulled_, *decisions_, *history_, cloud.catalogue(), std::move(settings),
              process.clock, process.log, process.metrics}) {}

std::unique_ptr<BrakeService> BrakeService::start(const std::string& agent, DeploymentAccess& cloud,
                                                  Process& process,
                                                  std::function<BrakeSettings()> settings) {
  BrakeWatchOptions options{.agent = agent,
                            .bucket = cloud.deployment().system_bucket(cloud.account()),
                            .folder = Deployment::brake_folder(cloud.region())};
  std::unique_ptr<BrakeService> service(
      new BrakeService(std::move(options), cloud, process, std::move(settings)));
  service->watch_.begin(process.stop);
  service->thread_ = std::jthread([watch = &service->watch_](std::stop_token stop) {
    ::pthread_setname_np(::pthread_self(), "brake");
    watch->run(std::move(stop));
  });
  return service;
}

}  // namespace cordon
