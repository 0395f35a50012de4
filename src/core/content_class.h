#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cordon {

/// What a kind of content is for. The first five are containers, and what a policy can name: their
/// content may go unopened, if the settings say so.
enum class ContentClass : std::uint8_t {
  archive,     ///< Files packed together, or one file packed.
  disk_image,  ///< Disks, file systems and firmware as files.
  mail_store,
  installer,
  backup,  ///< Dumps of databases and file systems.
  document,
  program,
  text,
  media,  ///< Images, sound, video, fonts.
  data,   ///< Everything that nothing claims.
};

std::string_view name_of(ContentClass content_class);  ///< "disk-image"
std::optional<ContentClass> parse_content_class(std::string_view name);

/// Some of the classes. Empty unless something is added.
class ContentClasses {
 public:
  constexpr void add(ContentClass one) { bits_ |= bit(one); }
  constexpr bool has(ContentClass one) const { return (bits_ & bit(one)) != 0; }

  bool operator==(const ContentClasses&) const = default;

 private:
  static constexpr std::uint32_t bit(ContentClass one) {
    return std::uint32_t{1} << static_cast<unsigned>(one);
  }

  std::uint32_t bits_ = 0;
};

}  // namespace cordon
