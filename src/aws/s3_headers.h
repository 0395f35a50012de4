#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/object_ref.h"
#include "core/ports/object_store.h"
#include "net/http_client.h"

// What S3 says about objects in headers. Pure; every header is foreign.

namespace cordon {

/// Decodes the reply to HEAD or GET (200, or 206 when resumed at `offset`).
///
/// A version that the request was pinned to stays the version, also where the server does not
/// repeat it; another one than asked for is `changed`. Errors: unavailable when a header that must
/// be there is not, or cannot be read; changed.
Result<ObjectHead> decode_object_head(const HttpResponse& response, const ObjectRef& object,
                                      std::uint64_t offset);

/// The header that a copy takes over from its source, beside metadata and tags: content headers,
/// Expires, website redirect, storage class.
Headers carried_headers(const Headers& source);

/// User metadata for a copy: the source's plus `added`, which wins on the same name, as far as S3's
/// 2 KB allow. Added fields that find no room are left out, since whoever uploaded the source could
/// else keep it from being moved by filling its metadata.
/// Errors: invalid when an added name or value cannot stand in a header.
Result<std::map<std::string, std::string>> merged_metadata(
    const std::map<std::string, std::string>& source,
    const std::map<std::string, std::string>& added);

/// "/bucket/key?versionId=v", encoded as x-amz-copy-source wants it.
std::string copy_source(const ObjectRef& object);

}  // namespace cordon
