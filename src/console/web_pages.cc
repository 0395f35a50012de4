// What a page of the console may do is said here, in the headers of the page: run our scripts, load
// our styles, and ask this console. Pages show what attackers chose (keys, names of signatures,
// messages), so the policy has no exceptions: a mistake in the UI must not become a script. `data:`
// is for the fonts and icons that the components carry in their style sheet.
#include "console/web_pages.h"

#include <algorithm>
#include <string>

#include "console/content_coding.h"
#include "console/entity_tag.h"

namespace cordon {
namespace {

constexpr std::string_view kPage = "/index.html";
constexpr std::string_view kAssets = "/assets/";
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'";

ServerResponse plain(int status, std::string body) {
  return ServerResponse{.status = status,
                        .headers = {{"Content-Type", "text/plain; charset=utf-8"},
                                    {"Cache-Control", "no-store"},
                                    {"X-Content-Type-Options", "nosniff"},
                                    {"Content-Security-Policy", "default-src 'none'"}},
                        .body = std::move(body)};
}

/// The bytes of a file in the form that the client takes, and what that form is called.
struct Form {
  std::string_view bytes;
  const char* coding;  // "": as they are.
};

Form form_for(const ServerRequest& request, const WebFile& file) {
  const std::string_view accepted = request.headers.get("Accept-Encoding").value_or("");
  if (!file.brotli.empty() && takes_coding(accepted, "br")) return {file.brotli, "br"};
  if (!file.gzip.empty() && takes_coding(accepted, "gzip")) return {file.gzip, "gzip"};
  return {file.bytes, ""};
}

// Each form has a tag of its own: they are different bytes.
std::string entity_tag_of(const WebFile& file, const Form& form) {
  std::string tag = "\"" + std::string(file.digest);
  if (*form.coding != '\0') tag += std::string("-") + form.coding;
  return tag + "\"";
}

ServerResponse file_response(const ServerRequest& request, const WebFile& file) {
  const Form form = form_for(request, file);
  const std::string tag = entity_tag_of(file, form);
  const auto known = request.headers.get("If-None-Match");
  ServerResponse out;
  // Names below /assets/ hold a digest of what they name: other bytes have another name.
  out.headers = {
      {"Cache-Control",
       file.path.starts_with(kAssets) ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", kPolicy},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"ETag", tag},
      {"Referrer-Policy", "no-referrer"},
      {"Vary", "Accept-Encoding"},
      {"X-Content-Type-Options", "nosniff"}};
  if (known && names_entity_tag(*known, tag)) {
    out.status = 304;
    return out;
  }
  out.headers.add("Content-Type", std::string(file.type));
  if (*form.coding != '\0') out.headers.add("Content-Encoding", form.coding);
  out.body = form.bytes;
  return out;
}

}  // namespace

ServerResponse WebPages::answer(const ServerRequest& request) const {
  if (files_.empty()) {
    return plain(404,
                 "This cordon was built without the console's pages (-DCORDON_WEB=OFF). What there "
                 "is: /healthz, /readyz, /metrics, /api/v1/problems\n");
  }
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  if (const WebFile* file = find(path)) return file_response(request, *file);
  const WebFile* page = find(kPage);
  // A script that is no more must not be a page: the browser would keep that under its name.
  if (page == nullptr || path.starts_with(kAssets)) return plain(404, "there is no such file\n");
  return file_response(request, *page);
}

const WebFile* WebPages::find(std::string_view path) const {
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [&](const WebFile& file) { return file.path == path; });
  return found == files_.end() ? nullptr : &*found;
}

}  // namespace cordon
