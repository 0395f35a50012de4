#pragma once

#include <span>
#include <string_view>

namespace cordon {

/// One file of the web UI, as it was built and as it is sent.
struct WebFile {
  std::string_view path;    ///< "/index.html", "/assets/main-B1x9.js"
  std::string_view type;    ///< What Content-Type says.
  std::string_view digest;  ///< Of `bytes`, in hex.
  std::string_view bytes;
  std::string_view brotli;  ///< The same, compressed; empty where that makes nothing smaller.
  std::string_view gzip;
};

/// Every file of the web UI; none where `cordon` was built with -DCORDON_WEB=OFF.
std::span<const WebFile> web_files();

}  // namespace cordon
