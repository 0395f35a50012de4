#include "operations/signature_sets.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <utility>

#include "base/text.h"
#include "operations/faulty_set.h"
#include "signatures/reload_rules.h"
#include "signatures/signature_files.h"
#include "updates/remote_files.h"

namespace cordon {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kS3 = "s3://";
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kTextBytesMax = 512;

std::optional<SetManifest> known_manifest(const fs::path& directory) {
  Result<SetManifest> manifest = manifest_in(directory);
  if (!manifest) return std::nullopt;
  return *std::move(manifest);
}

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(utf8_clean(text, kTextBytesMax));
}

template <typename Texts>
json::array array_of(const Texts& texts, std::size_t bytes_max) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(utf8_clean(text, bytes_max));
  return out;
}

// What cannot be loaded names its file; what is loaded and lets the engine die does not.
Error explained(Error error, const fs::path& directory, const TrySet& try_set) {
  const bool may_be_a_file = error.code == Errc::invalid || error.code == Errc::worker_died;
  const bool names_one = error.what.find("this file") != std::string::npos;
  if (!may_be_a_file || names_one) return error;
  const std::optional<fs::path> file = file_at_fault(directory, try_set);
  if (file) error.what += ". Without " + file->string() + " it is: remove or replace this file";
  return error;
}

}  // namespace

Result<SignatureStatus> signature_status(const fs::path& directory) {
  const fs::path live = live_directory(directory);
  CORDON_TRY(SignatureSet set, describe_signatures(live));
  CORDON_TRY(const SystemTime made, set_time(live));
  return SignatureStatus{.directory = directory,
                         .set = std::move(set),
                         .made = made,
                         .manifest = known_manifest(live),
                         .previous = known_manifest(directory / "previous")};
}

SignatureCheck check_signatures(const std::string& directory,
                                const std::optional<fs::path>& present, const TrySet& try_set) {
  const fs::path live = live_directory(directory);
  Result<SetProof> proof = try_set(live);
  if (!proof) return {.directory = directory, .proven = explained(proof.error(), live, try_set)};
  SignatureCheck check{
      .directory = directory, .proven = std::move(proof->proven), .notes = std::move(proof->notes)};
  const std::optional<SetManifest> before =
      present ? known_manifest(live_directory(*present)) : std::nullopt;
  if (!before) return check;
  const Result<void> may =
      check_replacement({before->version, before->signatures}, check.proven->set);
  if (!may) check.proven = may.error();
  return check;
}

bool is_bucket_source(std::string_view text) {
  return text.starts_with(kS3) && text.size() > kS3.size();
}

std::unique_ptr<SignatureSource> bucket_source(DeploymentAccess& access, std::string_view text) {
  if (!is_bucket_source(text)) return nullptr;
  const std::string place(text.substr(kS3.size()));
  const std::size_t slash = std::min(place.find('/'), place.size());
  std::string prefix = slash < place.size() ? place.substr(slash + 1) : "";
  if (!prefix.empty() && !prefix.ends_with('/')) prefix += '/';
  return std::make_unique<RemoteSource>(
      std::make_unique<BucketFiles>(access.store_of_anybody(), access.catalogue_of_anybody(),
                                    BucketName(place.substr(0, slash)), std::move(prefix)));
}

json::object document_of(const SignatureStatus& status) {
  const std::optional<SetManifest>& manifest = status.manifest;
  const std::optional<SetManifest>& previous = status.previous;
  const std::optional<BrakeState>& brake = status.brake;
  return json::object{
      {"schema", "cordon.signatures/1"},
      {"directory", status.directory.string()},
      {"version", status.set.version},
      {"signatures", manifest ? json::value(manifest->signatures) : json::value(nullptr)},
      {"made", rfc3339_s(status.made)},
      {"source", manifest ? or_null(manifest->source) : json::value(nullptr)},
      {"takenAt", manifest ? json::value(rfc3339_ms(manifest->taken_at)) : json::value(nullptr)},
      {"previous", previous ? or_null(previous->version) : json::value(nullptr)},
      {"ignored",
       brake ? json::value(array_of(brake->ignored, kNameBytesMax)) : json::value(nullptr)},
      {"rejected", brake ? json::value(status.is_rejected()) : json::value(nullptr)},
      {"testOnly", status.set.test_only}};
}

json::object document_of(const SignatureCheck& check) {
  const Result<ProvenSet>& proven = check.proven;
  return json::object{
      {"schema", "cordon.signature-check/1"},
      {"directory", check.directory},
      {"taken", proven.ok()},
      {"version", proven ? or_null(proven->set.version) : json::value(nullptr)},
      {"signatures", proven ? json::value(proven->set.signatures) : json::value(nullptr)},
      {"engine", proven ? or_null(proven->engine) : json::value(nullptr)},
      {"testOnly", proven ? json::value(is_test_set(proven->set)) : json::value(nullptr)},
      {"notInForce", array_of(check.notes.first, kTextBytesMax)},
      {"notInForceCount", check.notes.count},
      {"problem", proven ? json::value(nullptr) : or_null(proven.error().what)}};
}

json::object document_of(const SignatureUpdate& update) {
  const SetManifest& manifest = update.outcome.manifest;
  return json::object{
      {"schema", "cordon.signature-update/1"}, {"directory", update.directory.string()},
      {"changed", update.outcome.changed},     {"version", manifest.version},
      {"signatures", manifest.signatures},     {"source", manifest.source}};
}

}  // namespace cordon
