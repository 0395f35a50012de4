#include "settings_live/document_cache.h"

#include <system_error>

#include "base/digest.h"
#include "base/files.h"
#include "base/text.h"

// The file: four lines, an empty one, and the document as it is.
//
//   cordon-settings-cache/1
//   origin: s3://cordon-system-main-111122223333/settings.json
//   etag: 9b2cf535f27731c974343645a3985328
//   sha256: of the document, in hex

namespace cordon {
namespace {

constexpr std::string_view kFormat = "cordon-settings-cache/1";
constexpr std::size_t kFileBytesMax = (1U << 20U) + 8192;

bool is_one_line(std::string_view text) { return text.find('\n') == std::string_view::npos; }

// Takes "name: value\n" off the front; nothing when something else stands there.
std::optional<std::string> take_line(std::string_view& text, std::string_view name) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(name)) return std::nullopt;
  std::string value(text.substr(name.size(), end - name.size()));
  text.remove_prefix(end + 1);
  return value;
}

}  // namespace

Result<StoredDocument> DocumentCache::load() const {
  CORDON_TRY(const std::string content, read_small_file(file_, kFileBytesMax));
  const Error damaged{Errc::invalid, "the cached settings " + file_.string() + " are damaged"};
  std::string_view rest = content;
  if (take_line(rest, kFormat) != "") return damaged;
  const std::optional<std::string> origin = take_line(rest, "origin: ");
  const std::optional<std::string> etag = take_line(rest, "etag: ");
  const std::optional<std::string> digest = take_line(rest, "sha256: ");
  if (!origin || !etag || !digest || take_line(rest, "") != "") return damaged;
  if (hex(sha256(rest)) != *digest) return damaged;
  if (*origin != origin_) {
    return Error{Errc::invalid, "the cached settings " + file_.string() + " are those of " +
                                    utf8_clean(*origin, 256) + ", not of " + origin_};
  }
  return StoredDocument{.document = std::string(rest), .etag = ETag(*etag)};
}

Result<void> DocumentCache::save(const StoredDocument& stored) const {
  // An ETag is foreign text; one that would forge a line is no ETag.
  if (!is_one_line(stored.etag.str()) || !is_one_line(origin_)) {
    return Error{Errc::invalid, "an ETag with a line break is not cached"};
  }
  std::error_code failed;
  std::filesystem::create_directories(file_.parent_path(), failed);
  std::string content(kFormat);
  content += "\norigin: " + origin_ + "\netag: " + stored.etag.str() +
             "\nsha256: " + hex(sha256(stored.document)) + "\n\n" + stored.document;
  return write_file_atomically(file_, content);
}

}  // namespace cordon
