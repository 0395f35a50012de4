#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/ports/bucket_catalogue.h"
#include "core/ports/object_store.h"
#include "net/http_client.h"
#include "updates/signature_source.h"

namespace cordon {

/// A file of a set may have so many bytes, and a set so many.
inline constexpr std::uint64_t kSetFileBytesMax = 4ULL << 30U;
inline constexpr std::uint64_t kSetBytesMax = 8ULL << 30U;

/// A place with signature files that are fetched one by one.
class RemoteFiles {
 public:
  virtual ~RemoteFiles() = default;

  virtual std::string name() const = 0;
  /// The signature files that are there, and the checksum list if there is one. With nothing: the
  /// place cannot be listed, and what official mirrors carry is asked for.
  virtual Result<std::optional<std::vector<std::string>>> list(Deadline deadline,
                                                               std::stop_token stop) = 0;
  /// Writes the file to `to` and returns its tag; nothing when it is still the one that `known`
  /// names. Errors: not_found; invalid above `bytes_max`; as the transport.
  virtual Result<std::optional<std::string>> fetch(const std::string& file,
                                                   const std::string& known,
                                                   std::uint64_t bytes_max,
                                                   const std::filesystem::path& to,
                                                   Deadline deadline, std::stop_token stop) = 0;
};

/// A directory of a web server. Over plain HTTP only official .cvd files are taken, whose signature
/// the engine checks, and their .sign files; this machine's own loopback is trusted.
class HttpFiles final : public RemoteFiles {
 public:
  HttpFiles(HttpClient& client, std::string url) : client_(client), url_(std::move(url)) {}

  std::string name() const override { return url_; }
  Result<std::optional<std::vector<std::string>>> list(Deadline deadline,
                                                       std::stop_token stop) override;
  Result<std::optional<std::string>> fetch(const std::string& file, const std::string& known,
                                           std::uint64_t bytes_max, const std::filesystem::path& to,
                                           Deadline deadline, std::stop_token stop) override;

 private:
  HttpClient& client_;
  const std::string url_;  ///< Without a final slash.
};

/// What lies directly below a prefix of a bucket.
class BucketFiles final : public RemoteFiles {
 public:
  BucketFiles(ObjectStore& store, BucketCatalogue& sets, BucketName bucket, std::string prefix)
      : store_(store), sets_(sets), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

  std::string name() const override { return "s3://" + bucket_.str() + "/" + prefix_; }
  Result<std::optional<std::vector<std::string>>> list(Deadline deadline,
                                                       std::stop_token stop) override;
  Result<std::optional<std::string>> fetch(const std::string& file, const std::string& known,
                                           std::uint64_t bytes_max, const std::filesystem::path& to,
                                           Deadline deadline, std::stop_token stop) override;

 private:
  ObjectRef object(const std::string& file) const { return {bucket_, ObjectKey(prefix_ + file)}; }

  ObjectStore& store_;
  BucketCatalogue& sets_;
  const BucketName bucket_;
  const std::string prefix_;  ///< "" or with a final slash.
};

/// A source over remote files: fetches what is new, verifies it by the checksum list where there is
/// one (then the list says what belongs to the set), removes what is no longer offered. Tags of
/// what was fetched are remembered in the directory, so that nothing is fetched twice.
class RemoteSource final : public SignatureSource {
 public:
  explicit RemoteSource(std::unique_ptr<RemoteFiles> files) : files_(std::move(files)) {}

  std::string name() const override { return files_->name(); }
  Result<void> fetch(const std::filesystem::path& staging, Deadline deadline,
                     std::stop_token stop) override;

 private:
  struct Wanted {
    std::map<std::string, std::string> files;  ///< Names, and their SHA-256 where it is known.
    bool some_may_be_missing = false;
  };
  Result<Wanted> wanted(const std::filesystem::path& staging, Deadline deadline,
                        const std::stop_token& stop);
  /// How many bytes it has now; nothing when it is not offered.
  Result<std::optional<std::uint64_t>> fetch_one(const std::filesystem::path& staging,
                                                 const std::string& file, const std::string& sum,
                                                 std::uint64_t bytes_max, Deadline deadline,
                                                 const std::stop_token& stop);

  /// The .sign files of the official databases, where the place cannot be listed: each is there or
  /// not, and a mirror that has none is as good.
  Result<void> fetch_sign_files(const std::filesystem::path& staging, Deadline deadline,
                                const std::stop_token& stop);

  std::unique_ptr<RemoteFiles> files_;
};

/// SHA-256 of a file in lower-case hex.
Result<std::string> sha256_of_file(const std::filesystem::path& file);

}  // namespace cordon
