#pragma once

#include <span>
#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "base/result.h"
#include "core/object_ref.h"
#include "core/tags.h"

// The documents of S3's object operations. Pure; everything that is decoded is foreign. A reply
// that is not understood in full is an error and never an empty answer: an empty tag set, for one,
// would make the caller overwrite its owner's tags.

namespace cordon {

/// <Tagging> as GetObjectTagging returns it. Errors: unavailable when it is not exactly that.
Result<TagSet> decode_tagging(std::string_view xml);
std::string encode_tagging(const TagSet& tags);
/// Tags as the header x-amz-tagging wants them: form-encoded pairs.
std::string encode_tagging_header(const TagSet& tags);

/// The ETag in the reply to CopyObject (`root` CopyObjectResult), UploadPartCopy (CopyPartResult)
/// or CompleteMultipartUpload (CompleteMultipartUploadResult).
///
/// These three answer with status 200 before they are done, so the body may hold an <Error>
/// instead; it comes back as the error that it would have been with its own status.
Result<ETag> decode_etag_result(const AwsCall& call, std::string_view xml, std::string_view root);

/// The upload id in the reply to CreateMultipartUpload.
Result<std::string> decode_upload_id(std::string_view xml);
/// The request of CompleteMultipartUpload: the ETags of parts 1, 2, ...
std::string encode_parts(std::span<const ETag> parts);

/// The entity tag without quotes and without the mark of a weak one.
ETag unquoted(std::string_view etag);
std::string quoted(const ETag& etag);
/// True for what may stand in If-Match: XML can hold what a header cannot.
bool is_etag(const ETag& etag);

}  // namespace cordon
