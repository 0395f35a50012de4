#pragma once

#include <span>
#include <string_view>

#include "console_web/web_file.h"
#include "net/http_server.h"

namespace cordon {

/// Sends the files of the web UI. Every path that is neither a file nor below `/assets/` is a page
/// of the UI, which finds out itself which one: it gets `/index.html`. Threads: any.
class WebPages {
 public:
  /// `files` outlive the pages; none: there is no web UI, and every path says so.
  explicit WebPages(std::span<const WebFile> files) : files_(files) {}

  ServerResponse answer(const ServerRequest& request) const;

 private:
  const WebFile* find(std::string_view path) const;

  const std::span<const WebFile> files_;
};

}  // namespace cordon
