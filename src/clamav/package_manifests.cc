#include "clamav/package_manifests.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>

#include "clamav/layer_bytes.h"
#include "clamav/mark_search.h"

// The members of such a package are ordinary members of a zip archive without a password; only the
// manifest tells that their bytes are encrypted.

namespace cordon {
namespace {

using Bytes = std::span<const std::byte>;
using namespace std::string_view_literals;

constexpr std::size_t kManifestBytesMax = 16U << 20;

/// The ASCII characters of UTF-16, when the text is that.
std::string narrowed(std::string_view text) {
  const bool wide = text.substr(0, 4).find('\0') != std::string_view::npos ||
                    text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
  std::string out(text);
  if (wide) std::erase(out, '\0');
  return out;
}

constexpr std::string_view kXmlSpace = " \t\r\n";

/// Calls `use` with the local name and the attributes of each start tag; false ends it.
void for_each_element(std::string_view xml,
                      const std::function<bool(std::string_view, std::string_view)>& use) {
  for (;;) {
    const std::size_t begin = xml.find('<');
    if (begin == std::string_view::npos) return;
    xml.remove_prefix(begin + 1);
    const bool comment = xml.starts_with("!--");
    const bool cdata = xml.starts_with("![CDATA[");
    const std::string_view mark = comment ? "-->" : cdata ? "]]>" : ">";
    const std::size_t end = xml.find(mark);
    const std::string_view tag = xml.substr(0, end);
    xml.remove_prefix(end == std::string_view::npos ? xml.size() : end + mark.size());
    if (comment || cdata || tag.starts_with('/') || tag.starts_with('?') || tag.starts_with('!')) {
      continue;
    }
    const std::size_t name_end = tag.find_first_of(" \t\r\n/");
    std::string_view name = tag.substr(0, name_end);
    if (const std::size_t colon = name.rfind(':'); colon != std::string_view::npos) {
      name.remove_prefix(colon + 1);
    }
    const std::string_view attributes =
        name_end == std::string_view::npos ? std::string_view() : tag.substr(name_end);
    if (!use(name, attributes)) return;
  }
}

/// Empty when there is no such attribute.
std::string_view attribute(std::string_view attributes, std::string_view name) {
  std::size_t at = 0;
  while ((at = attributes.find(name, at)) != std::string_view::npos) {
    const bool begins = at > 0 && kXmlSpace.find(attributes[at - 1]) != std::string_view::npos;
    at += name.size();
    if (!begins) continue;
    std::size_t value = attributes.find_first_not_of(kXmlSpace, at);
    if (value == std::string_view::npos || attributes[value] != '=') continue;
    value = attributes.find_first_not_of(kXmlSpace, value + 1);
    if (value == std::string_view::npos) return {};
    const char quote = attributes[value];
    if (quote != '"' && quote != '\'') return {};
    const std::size_t end = attributes.find(quote, value + 1);
    return attributes.substr(value + 1, end == std::string_view::npos ? end : end - value - 1);
  }
  return {};
}

/// EPUB OCF 4.4, and what Adobe's programs did before it: the first 1,040 or 1,024 bytes of a font
/// with the book's identifier, which stands in the book.
bool is_font_obfuscation(std::string_view algorithm) {
  return algorithm == "http://www.idpf.org/2008/embedding" ||
         algorithm == "http://ns.adobe.com/pdf/enc#RC";
}

/// What each member says by being there, when its content need not be asked.
enum class Says : std::uint8_t { ask_opendocument, ask_epub, licence, iwork_password };

std::optional<Says> what_says(std::string_view name) {
  if (name == "META-INF/manifest.xml") return Says::ask_opendocument;
  if (name == "META-INF/encryption.xml") return Says::ask_epub;
  if (name == "META-INF/rights.xml" || name == "META-INF/sinf.xml" ||
      name == "META-INF/license.lcpl") {
    return Says::licence;
  }
  if (name == ".iwpv2" || name == ".iwph" || name.ends_with("/.iwpv2") ||
      name.ends_with("/.iwph")) {
    return Says::iwork_password;
  }
  return std::nullopt;
}

/// Where the names of the members stand: the directory at the end (APPNOTE 4.3.16), or everything
/// when the end record does not say.
Bytes directory_of(Bytes package) {
  constexpr Mark kEnd{.bytes = "PK\x05\x06", .rare = 3};
  constexpr std::size_t kEndBytes = 22;
  const auto end = find_last_mark(package, kEnd, package.size());
  if (!end || package.size() - *end < kEndBytes) return package;
  const auto size = little_endian<std::uint32_t>(package, *end + 12);
  if (size > *end) return package;
  // Further in front: the end record of zip64 stands between.
  constexpr std::size_t kBetweenMax = 4096;
  const std::size_t begin = *end - size;
  return package.subspan(begin > kBetweenMax ? begin - kBetweenMax : 0);
}

bool has_name(Bytes directory, const Mark& common, std::initializer_list<std::string_view> names) {
  std::size_t from = 0;
  while (const auto at = find_mark(directory, common, from)) {
    const std::string_view text = as_text(directory.subspan(*at));
    if (std::ranges::any_of(names, [&](auto name) { return text.starts_with(name); })) return true;
    from = *at + 1;
  }
  return false;
}

/// Most archives are no such package; looking for the names costs them little.
bool names_anything(Bytes directory) {
  return has_name(directory, {.bytes = "META-INF/", .rare = 4},
                  {"META-INF/manifest.xml", "META-INF/encryption.xml", "META-INF/rights.xml",
                   "META-INF/sinf.xml", "META-INF/license.lcpl"}) ||
         has_name(directory, {.bytes = ".iwp", .rare = 2}, {".iwpv2", ".iwph"});
}

struct CloseArchive {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using PackageReader = std::unique_ptr<struct archive, CloseArchive>;

PackageReader open_package(Bytes package) {
  PackageReader reader(archive_read_new());
  if (!reader) return nullptr;
  archive_read_support_format_zip_seekable(reader.get());
  // SAFETY: libarchive only reads; its memory reader takes no const for historical reasons.
  if (archive_read_open_memory(reader.get(), package.data(), package.size()) != ARCHIVE_OK) {
    return nullptr;
  }
  return reader;
}

/// The current member, as much of it as can be unpacked: what is wrong with it, others report.
std::string content_of_member(struct archive* reader) {
  std::string content;
  std::array<char, 16U << 10> chunk;
  while (content.size() < kManifestBytesMax) {
    const la_ssize_t count = archive_read_data(reader, chunk.data(), chunk.size());
    if (count <= 0) break;
    content.append(chunk.data(), static_cast<std::size_t>(count));
  }
  return content;
}

std::optional<std::string_view> locked_member(Says says, struct archive* reader) {
  switch (says) {
    case Says::licence:
      return "EPUB with rights management";
    case Says::iwork_password:
      return "iWork document";
    case Says::ask_opendocument:
      if (says_opendocument_encrypted(content_of_member(reader))) return "OpenDocument";
      return std::nullopt;
    case Says::ask_epub:
      if (says_epub_encrypted(content_of_member(reader))) return "EPUB";
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

bool says_opendocument_encrypted(std::string_view manifest) {
  bool found = false;
  for_each_element(narrowed(manifest), [&](std::string_view name, std::string_view) {
    found = name == "encryption-data";
    return !found;
  });
  return found;
}

bool says_epub_encrypted(std::string_view encryption) {
  // An EncryptedData whose method was not seen yet: one without any is not readable either.
  bool unknown = false;
  bool found = false;
  for_each_element(narrowed(encryption), [&](std::string_view name, std::string_view attributes) {
    if (name == "EncryptedKey") found = true;
    if (name == "EncryptedData") {
      found = found || unknown;
      unknown = true;
    }
    if (name == "EncryptionMethod") {
      found = found || !is_font_obfuscation(attribute(attributes, "Algorithm"));
      unknown = false;
    }
    return !found;
  });
  return found || unknown;
}

std::optional<std::string_view> locked_package(Bytes package) {
  constexpr int kMembersMax = 1'000'000;
  const bool is_zip =
      begins_with(package, "PK\x03\x04"sv) || begins_with(package, "PK00PK\x03\x04"sv);
  if (!is_zip || !names_anything(directory_of(package))) return std::nullopt;
  const PackageReader reader = open_package(package);
  if (!reader) return std::nullopt;
  struct archive_entry* entry = nullptr;
  for (int member = 0; member < kMembersMax; ++member) {
    const int answer = archive_read_next_header(reader.get(), &entry);
    if (answer != ARCHIVE_OK && answer != ARCHIVE_WARN && answer != ARCHIVE_RETRY) break;
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) continue;
    const std::optional<Says> says = what_says(name);
    if (!says) continue;
    if (auto locked = locked_member(*says, reader.get())) return locked;
  }
  return std::nullopt;
}

}  // namespace cordon
