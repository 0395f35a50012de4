#include "apps/cordon/services/health_server.h"

#include "net/host_port.h"

namespace cordon {
namespace {

ServerResponse plain(int status, std::string body) {
  return ServerResponse{
      .status = status, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(body)};
}

}  // namespace

Result<std::unique_ptr<HttpServer>> start_health_server(const std::string& listen,
                                                        std::function<Health()> health,
                                                        const Metrics& metrics, Log& log) {
  CORDON_TRY(const HostPort where, parse_host_port(listen));
  const auto handler = [health = std::move(health), &metrics](const ServerRequest& request,
                                                              const std::shared_ptr<UploadSink>&,
                                                              std::stop_token) -> ServerResponse {
    if (request.method != "GET" && request.method != "HEAD") return plain(405, "only GET\n");
    if (request.target == "/healthz") return plain(200, "ok\n");
    if (request.target == "/readyz") {
      const Health now = health();
      return plain(now.ready ? 200 : 503, now.detail + "\n");
    }
    if (request.target == "/metrics") {
      return ServerResponse{.status = 200,
                            .headers = {{"Content-Type", "text/plain; version=0.0.4"}},
                            .body = metrics.text()};
    }
    return plain(404, "try /healthz, /readyz or /metrics\n");
  };
  return HttpServer::start(HttpServerOptions{.host = where.host,
                                             .port = where.port,
                                             .threads = 2,
                                             .connections_max = 64,
                                             .body_bytes_max = 4096},
                           handler, log);
}

}  // namespace cordon
