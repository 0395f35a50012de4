#include "apps/cordon/commands/seal_keys.h"

#include "base/files.h"
#include "base/secret.h"
#include "command_line/command_line.h"

namespace cordon {
namespace {

using MaybeRing = std::optional<SealKeyRing>;

constexpr const char* kHeading =
    "# Seal keys of Cordon: secret. The first one signs, all of them verify.\n";

Result<SealKeyRing> read_keys(const std::filesystem::path& path) {
  CORDON_TRY(std::string text, read_private_file(path, kSealKeyFileBytesMax));
  const WipedLater wiped(text);
  Result<SealKeyRing> ring = SealKeyRing::parse(text);
  if (!ring) return with_context(std::move(ring).error(), path.string());
  return ring;
}

}  // namespace

void add_seal_key_flag(Command& command, std::string& path) {
  command
      .add_option("--seal-key-file", path,
                  "Keys that seal verdicts (cordon seal new-key FILE makes one)")
      ->environment("CORDON_SEAL_KEY_FILE");
}

Result<MaybeRing> load_seal_keys(const std::string& path) {
  if (path.empty()) return MaybeRing();
  Result<SealKeyRing> ring = read_keys(path);
  if (!ring && ring.error().code == Errc::not_found) {
    // Not not_found: that would say that an object is not there.
    return Error{Errc::invalid,
                 "there is no seal key file " + path + "; make it: cordon seal new-key " + path};
  }
  CORDON_TRY(ring);
  return MaybeRing(*std::move(ring));
}

Result<SealKeyRing> add_seal_key(const std::filesystem::path& path, const Clock& clock,
                                 Random& random) {
  std::string line = new_seal_key(clock.system_now(), random) + "\n";
  const WipedLater line_wiped(line);
  std::string first = kHeading + line;
  const WipedLater first_wiped(first);
  const Result<void> created = create_private_file(path, first);
  if (created) return read_keys(path);
  if (created.error().code != Errc::changed) {
    return Error{Errc::unavailable, created.error().what};
  }
  CORDON_TRY(const SealKeyRing present, read_keys(path));
  if (present.size() >= kSealKeysMax) {
    return Error{Errc::invalid, path.string() + " holds 16 keys; take out the oldest first"};
  }
  line.insert(0, "\n");  // The last line may lack its end.
  CORDON_TRY(append_to_file(path, line));
  return read_keys(path);
}

}  // namespace cordon
