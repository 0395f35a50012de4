#include "aws/s3_document_store.h"

#include "aws/bounded_xml.h"
#include "aws/s3_request.h"
#include "aws/s3_xml.h"
#include "base/digest.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kDocumentBytesMax = 1U << 20U;
constexpr std::size_t kHeaderBytesMax = 1024;

// Collects a body that may be of any length. The client may begin anew, with a new head, as long as
// nothing was taken.
class DocumentBody {
 public:
  BodyReceiver receiver() {
    return {
        .head = [](const HttpResponse& response) -> Result<bool> { return response.status == 200; },
        .piece = [this](std::span<const std::byte> bytes) -> Result<void> {
          if (bytes.size() > kDocumentBytesMax - text_.size()) {
            return Error{Errc::invalid, "the settings document is longer than 1 MiB"};
          }
          text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
          return {};
        }};
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

Result<StoredDocument> described(const HttpResponse& response, const char* operation) {
  const auto header = [&](const char* name) {
    return utf8_clean(response.headers.get(name).value_or(""), kHeaderBytesMax);
  };
  StoredDocument stored{.etag = unquoted(header("etag"))};
  if (stored.etag.empty()) return broken_reply(operation, "no ETag");
  const std::string version = header("x-amz-version-id");
  if (!version.empty()) stored.version = VersionId(version);
  return stored;
}

}  // namespace

AwsCall S3DocumentStore::call_for(const char* operation, const char* method) const {
  AwsCall call = s3_call(operation, method, ObjectRef{place_.bucket, place_.key});
  call.headers.add("x-amz-expected-bucket-owner", place_.owner.str());
  return call;
}

Result<std::optional<StoredDocument>> S3DocumentStore::read(const std::optional<ETag>& known,
                                                            Deadline deadline,
                                                            std::stop_token stop) {
  AwsCall call = call_for("GetObject", "GET");
  if (known) call.headers.add("If-None-Match", quoted(*known));
  DocumentBody body;
  const BodyReceiver receiver = body.receiver();
  CORDON_TRY(const HttpResponse response, client_.call(call, deadline, std::move(stop), &receiver));
  if (response.status == 304) return std::optional<StoredDocument>();
  CORDON_TRY(StoredDocument stored, described(response, "GetObject"));
  // Not every server heeds the condition.
  if (known == stored.etag) return std::optional<StoredDocument>();
  stored.document = body.take();
  return std::optional<StoredDocument>(std::move(stored));
}

Result<StoredDocument> S3DocumentStore::write(const std::string& document,
                                              const std::optional<ETag>& expected,
                                              Deadline deadline, std::stop_token stop) {
  const Headers condition =
      expected ? Headers{{"If-Match", quoted(*expected)}} : Headers{{"If-None-Match", "*"}};
  Result<StoredDocument> written = put(document, condition, deadline, stop);
  if (written || !expected || written.error().code != Errc::changed) return written;
  // Refused, and still the one that was expected. Ceph's gateway compares with the quotes that HTTP
  // wants around it; without them the condition is as good.
  const Result<std::optional<StoredDocument>> now = read(std::nullopt, deadline, stop);
  if (!now || !*now || (*now)->etag != *expected) return written;
  Result<StoredDocument> bare = put(document, {{"If-Match", expected->str()}}, deadline, stop);
  if (bare || place_.store == StoreOwner::aws || bare.error().code != Errc::changed) return bare;
  // And in buckets with versions it refuses every condition. There, a look has to do.
  return put(document, {}, deadline, std::move(stop));
}

Result<StoredDocument> S3DocumentStore::put(const std::string& document, const Headers& condition,
                                            Deadline deadline, std::stop_token stop) {
  AwsCall call = call_for("PutObject", "PUT");
  for (const auto& [name, value] : condition.all()) call.headers.add(name, value);
  call.headers.add("Content-Type", "application/json");
  call.headers.add("Content-MD5", base64(md5(as_bytes_of(document))));
  call.body = document;
  const Result<HttpResponse> response = client_.call(call, deadline, stop);
  if (!response) return explain_refusal(document, response.error(), deadline, std::move(stop));
  CORDON_TRY(StoredDocument stored, described(*response, "PutObject"));
  stored.document = document;
  return stored;
}

// The client sends a request again when its reply was lost, and the second one then finds what the
// first one wrote. And S3 says "no such key" where a document was expected and is gone, which is
// another thing than a bucket that is not there.
Result<StoredDocument> S3DocumentStore::explain_refusal(const std::string& document, Error refusal,
                                                        Deadline deadline, std::stop_token stop) {
  if (refusal.remote_code == "NoSuchKey") refusal.code = Errc::changed;
  if (refusal.code != Errc::changed) return refusal;
  const Result<std::optional<StoredDocument>> now = read(std::nullopt, deadline, std::move(stop));
  if (now && *now && (*now)->document == document) return **now;
  return refusal;
}

}  // namespace cordon
