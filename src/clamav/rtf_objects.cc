#include "clamav/rtf_objects.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "clamav/compound_file.h"
#include "clamav/member_giver.h"

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kDataBytesMin = 64;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct EmbeddedObject {
  std::string class_name;
  Bytes native;
};

Result<Bytes> counted(ByteReader& in) {
  CORDON_TRY(const std::uint32_t bytes, in.u32());
  return in.bytes(bytes);
}

/// [MS-OLEDS] 2.2.4 and 2.2.5.
Result<EmbeddedObject> embedded_object(Bytes data) {
  constexpr std::uint32_t kEmbedded = 2;
  ByteReader in(data);
  CORDON_TRY(const std::uint32_t version, in.u32());
  (void)version;
  CORDON_TRY(const std::uint32_t form, in.u32());
  if (form != kEmbedded) return Error{Errc::invalid, "not an embedded object"};
  CORDON_TRY(const Bytes name, counted(in));
  CORDON_TRY(const Bytes topic, counted(in));
  CORDON_TRY(const Bytes item, counted(in));
  (void)topic;
  (void)item;
  CORDON_TRY(const std::uint32_t bytes, in.u32());
  // A size that is too large is taken for "all there is".
  CORDON_TRY(const Bytes native, in.bytes(std::min<std::size_t>(bytes, in.left())));
  std::string class_name;
  for (const std::byte b : name.first(std::min<std::size_t>(name.size(), 16))) {
    if (b != std::byte{0}) class_name.push_back(std::to_integer<char>(b));
  }
  return EmbeddedObject{.class_name = std::move(class_name), .native = native};
}

class RtfReader {
 public:
  RtfReader(Bytes document, const std::filesystem::path& temp_directory, const UnpackLimits& limits,
            const UseMember& use)
      : text_(document), giver_(temp_directory, limits, use) {}

  Unpacking read() {
    if (pass(true) && groups_in_objects_) pass(false);
    return std::move(giver_).result();
  }

 private:
  char at(std::size_t i) const { return i < text_.size() ? std::to_integer<char>(text_[i]) : '\0'; }
  bool in_object() const { return object_depth_ > 0; }
  /// With the digits that stand in groups inside an object, or without.
  bool pass(bool with_groups);
  bool take(char c, bool with_groups);
  bool control();
  bool close_group();
  bool include_bytes(std::size_t count);
  bool end_data();

  Bytes text_;
  MemberGiver giver_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t object_depth_ = 0;  ///< Of the group that \objdata stands in; 0: in none.
  bool groups_in_objects_ = false;
  bool objects_only_ = false;  ///< In the second pass: the rest was given in the first.
  std::optional<int> high_;
  std::vector<std::byte> data_;
};

bool RtfReader::pass(bool with_groups) {
  objects_only_ = !with_groups;
  at_ = depth_ = object_depth_ = 0;
  for (std::size_t steps = 0; at_ < text_.size(); ++steps) {
    if (steps % 4096 == 0 && !giver_.may_go_on()) return false;
    if (!take(at(at_), with_groups)) return false;
  }
  return end_data();
}

bool RtfReader::take(char c, bool with_groups) {
  if (c == '\\') return control();
  ++at_;
  if (c == '{') {
    ++depth_;
    groups_in_objects_ = groups_in_objects_ || in_object();
    return in_object() || end_data();
  }
  if (c == '}') return close_group();
  if (c == '\r' || c == '\n' || c == ' ' || c == '\t') return true;
  const bool counts = !in_object() || with_groups || depth_ == object_depth_;
  const int digit = hex_value(c);
  if (digit < 0 || !counts) return in_object() || end_data();
  if (!high_) {
    high_ = digit;
  } else {
    data_.push_back(static_cast<std::byte>(*std::exchange(high_, std::nullopt) * 16 + digit));
  }
  return true;
}

bool RtfReader::close_group() {
  const bool object_ends = in_object() && depth_ <= object_depth_;
  const bool go_on = (in_object() && !object_ends) || end_data();
  if (object_ends) object_depth_ = 0;
  depth_ -= depth_ > 0 ? 1 : 0;
  return go_on;
}

/// A control word with its number and the space that ends it, or a control symbol.
bool RtfReader::control() {
  constexpr std::size_t kWordMax = 32;
  ++at_;
  if (!is_letter(at(at_))) {
    at_ += at(at_) == '\'' ? 3 : 1;  // A character by its code is no data.
    return in_object() || end_data();
  }
  std::string word;
  for (; is_letter(at(at_)); ++at_) {
    if (word.size() < kWordMax) word.push_back(at(at_));
  }
  const bool negative = at(at_) == '-';
  if (negative) ++at_;
  std::uint64_t number = 0;
  for (; at(at_) >= '0' && at(at_) <= '9'; ++at_) {
    number = std::min<std::uint64_t>(number * 10 + static_cast<unsigned>(at(at_) - '0'), 1U << 31);
  }
  if (at(at_) == ' ') ++at_;
  if (word == "bin" && !negative) return include_bytes(static_cast<std::size_t>(number));
  const bool go_on = in_object() || end_data();
  if (word == "objdata") object_depth_ = std::max<std::size_t>(depth_, 1);
  return go_on;
}

bool RtfReader::include_bytes(std::size_t count) {
  if (at_ > text_.size() || count > text_.size() - at_) {
    // Some readers take what is there, some take none: then the rest is read as text as well.
    giver_.note(Reason::unsupported, "binary data in RTF reaches beyond its end");
    return true;
  }
  const Bytes bytes = text_.subspan(at_, count);
  at_ += count;
  if (!in_object()) return objects_only_ || count < kDataBytesMin || giver_.give(bytes);
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  return true;
}

bool RtfReader::end_data() {
  high_.reset();
  const std::vector<std::byte> data = std::exchange(data_, {});
  if (!in_object()) return objects_only_ || data.size() < kDataBytesMin || giver_.give(data);
  if (!giver_.give(data)) return false;
  const Result<EmbeddedObject> object = embedded_object(data);
  if (!object) return true;
  if (!giver_.give(object->native)) return false;
  if (object->class_name != "Package") return true;
  const auto file = ole_package_content(object->native);
  return !file || giver_.give(*file);
}

}  // namespace

bool is_rtf(Bytes content) {
  constexpr std::string_view kMark = "{\\rt";
  return content.size() >= kMark.size() &&
         std::ranges::equal(content.first(kMark.size()), std::as_bytes(std::span(kMark)));
}

Unpacking read_rtf_objects(Bytes document, const std::filesystem::path& temp_directory,
                           const UnpackLimits& limits, const UseMember& use) {
  return RtfReader(document, temp_directory, limits, use).read();
}

}  // namespace cordon
