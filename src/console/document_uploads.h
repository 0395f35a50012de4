#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/guarded.h"
#include "net/http_server.h"

namespace cordon {

/// Takes the bodies that are longer than all others, settings documents: at most 1 MiB each, and
/// `kAllBytesMax` on their way at a time, whoever sends them. Threads: any.
class DocumentUploads {
 public:
  static constexpr std::size_t kAllBytesMax = 8U << 20U;

  /// For a request whose body is a document; null for all others (HttpServerOptions::upload).
  std::shared_ptr<UploadSink> sink_for(const ServerRequest& head);
  /// The request with the body that its sink took.
  static ServerRequest whole(const ServerRequest& request,
                             const std::shared_ptr<UploadSink>& upload);

 private:
  class Sink;
  using Bytes = Guarded<std::size_t>;

  /// On their way; shared with the sinks, which may outlive us.
  const std::shared_ptr<Bytes> under_way_ = std::make_shared<Bytes>(0);
};

}  // namespace cordon
