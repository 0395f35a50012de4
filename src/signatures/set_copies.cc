#include "signatures/set_copies.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/files.h"
#include "signatures/signature_files.h"
#include "signatures/signature_set.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnofficial = ".UNOFFICIAL";
constexpr std::size_t kNameBytesMax = 256;

bool is_plain(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; }) &&
         name.find(':') == std::string_view::npos;
}

Result<void> copy_one(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::copy_file(from, to, failed);
  if (!failed) {
    const auto time = fs::last_write_time(from, failed);
    if (!failed) fs::last_write_time(to, time, failed);
  }
  if (!failed) return {};
  return errno_error("cannot copy " + from.string() + " to " + to.string(), failed.value());
}

/// Removes a half-made copy.
class Discard {
 public:
  explicit Discard(fs::path path) : path_(std::move(path)) {}
  Discard(const Discard&) = delete;
  Discard& operator=(const Discard&) = delete;
  ~Discard() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  void keep() { path_.clear(); }

 private:
  fs::path path_;
};

}  // namespace

Result<SetCopies> SetCopies::open(fs::path home) {
  std::error_code failed;
  fs::remove_all(home, failed);
  fs::create_directories(home, failed);
  if (failed) return errno_error("cannot make " + home.string(), failed.value());
  return SetCopies(std::move(home));
}

Result<SetCopy> SetCopies::keep(const fs::path& directory, const std::set<std::string>& ignored,
                                const std::stop_token& stop) {
  CORDON_TRY(const std::string before, fingerprint_of(directory));
  CORDON_TRY(const std::vector<SignatureFile> files, signature_files(directory));
  const fs::path place = home_ / ("set-" + std::to_string(++number_));
  std::error_code failed;
  if (!fs::create_directory(place, failed)) {
    return errno_error("cannot make " + place.string(), failed.value());
  }
  Discard half(place);
  for (const SignatureFile& file : files) {
    if (stop.stop_requested()) return Error{Errc::cancelled, "stopped while copying signatures"};
    CORDON_TRY(copy_one(file.path, place / file.path.filename()));
  }
  for (const fs::path& sign : sign_files(directory).used) {
    CORDON_TRY(copy_one(sign, place / sign.filename()));
  }
  if (!ignored.empty()) {
    CORDON_TRY(write_file_atomically(place / kIgnoredFile, ignore_list_of(ignored)));
  }
  CORDON_TRY(const std::string after, fingerprint_of(directory));
  if (after != before) {
    return Error{Errc::changed, "the signatures in " + directory.string() +
                                    " were written to while they were copied"};
  }
  half.keep();
  return SetCopy{.directory = place, .fingerprint = before};
}

void SetCopies::retain(const std::vector<fs::path>& directories) {
  std::error_code failed;
  std::vector<fs::path> gone;
  for (fs::directory_iterator at(home_, failed), end; !failed && at != end; at.increment(failed)) {
    if (std::find(directories.begin(), directories.end(), at->path()) == directories.end()) {
      gone.push_back(at->path());
    }
  }
  for (const fs::path& path : gone) fs::remove_all(path, failed);
}

std::string ignore_list_of(const std::set<std::string>& signatures) {
  std::string text;
  for (std::string_view name : signatures) {
    if (name.ends_with(kUnofficial)) name.remove_suffix(kUnofficial.size());
    if (is_plain(name)) text += std::string(name) + '\n';
  }
  return text;
}

}  // namespace cordon
