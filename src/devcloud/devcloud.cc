#include "devcloud/devcloud.h"

#include <algorithm>
#include <optional>

#include "base/digest.h"
#include "base/text.h"
#include "devcloud/access/identity_file.h"
#include "devcloud/dispatch.h"
#include "net/http_server.h"

namespace cordon {
namespace {

constexpr std::size_t kDocumentBytesMax = 16U << 20U;

Result<std::filesystem::path> scratch_of(const DevCloudOptions& options) {
  std::error_code failed;
  const std::filesystem::path path = options.scratch_dir.empty()
                                         ? std::filesystem::temp_directory_path(failed)
                                         : options.scratch_dir;
  if (failed || !std::filesystem::is_directory(path, failed)) {
    return Error{Errc::invalid, path.string() + " is no directory to spool objects in"};
  }
  return path;
}

cloud::AccessKey lasting_key(const std::string& account, const std::string& access_key,
                             const std::string& secret) {
  std::string id = "AIDA" + hex(sha256(access_key)).substr(0, 17);
  std::transform(id.begin(), id.end(), id.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return {.secret = secret,
          .identity = {.access_key = access_key,
                       .account = account,
                       .arn = cloud::make_iam_arn("", account, "user/" + access_key),
                       .user_id = std::move(id),
                       .of_all_partitions = true}};
}

}  // namespace

struct DevCloud::Impl {
  Impl(cloud::Basics basics, const DevCloudOptions& options)
      : host(options.host),
        dispatcher(std::move(basics), options.fault_control ? &faults : nullptr) {}

  const std::string host;
  cloud::FaultBoard faults;
  cloud::Dispatcher dispatcher;
  std::unique_ptr<HttpServer> server;  // Last: it goes first, and with it all handlers.
};

Result<std::unique_ptr<DevCloud>> DevCloud::start(DevCloudOptions options, const Clock& clock,
                                                  Random& random, Log& log) {
  if (options.account.size() != 12 || !parse_u64(options.account)) {
    return Error{Errc::invalid, "an account number has 12 digits"};
  }
  CORDON_TRY(std::filesystem::path scratch, scratch_of(options));
  auto impl = std::make_unique<Impl>(cloud::Basics{.clock = clock,
                                                   .random = random,
                                                   .log = log,
                                                   .account = options.account,
                                                   .scratch = std::move(scratch)},
                                     options);
  impl->dispatcher.keys().add(lasting_key(options.account, options.access_key, options.secret));
  if (!options.identity_file.empty()) {
    CORDON_TRY(cloud::load_identities(options.identity_file, impl->dispatcher.identities(),
                                      impl->dispatcher.keys(), log));
  }
  HttpServerOptions server;
  server.host = options.host;
  server.port = options.port;
  server.threads = options.threads;
  server.body_bytes_max = kDocumentBytesMax;
  server.upload = [dispatcher = &impl->dispatcher](const ServerRequest& head) {
    return dispatcher->upload(head);
  };
  CORDON_TRY(impl->server,
             HttpServer::start(
                 std::move(server),
                 [dispatcher = &impl->dispatcher](const ServerRequest& request,
                                                  const std::shared_ptr<UploadSink>& upload,
                                                  std::stop_token stop) {
                   return dispatcher->handle(request, upload, std::move(stop));
                 },
                 log));
  return std::unique_ptr<DevCloud>(new DevCloud(std::move(impl)));
}

DevCloud::DevCloud(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DevCloud::~DevCloud() { stop(); }

std::uint16_t DevCloud::port() const { return impl_->server->port(); }

std::string DevCloud::endpoint() const {
  const bool v6 = impl_->host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + impl_->host + "]" : impl_->host) + ":" + std::to_string(port());
}

void DevCloud::stop() { impl_->server->stop(); }

}  // namespace cordon
