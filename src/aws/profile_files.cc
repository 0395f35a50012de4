#include "aws/profile_files.h"

#include <utility>

#include "base/files.h"
#include "base/text.h"

namespace cordon {
namespace {

constexpr std::size_t kFileBytesMax = 1U << 20U;

class Parser {
 public:
  explicit Parser(std::string_view file) : file_(file) {}

  Result<void> line(std::string_view raw) {
    ++number_;
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    const std::string_view text = trim(raw);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    if (text.front() == '[') return section(text);
    return member(text, raw.find_first_not_of(" \t"));
  }

  std::vector<ProfileFileSection> take() { return std::move(sections_); }

 private:
  Error wrong(std::string_view why) const {
    return Error{Errc::invalid, std::string(file_) + ", line " + std::to_string(number_) + ": " +
                                    std::string(why)};
  }

  // [default], [profile NAME], [services NAME], [profile "a name"]; a comment may follow.
  Result<void> section(std::string_view text) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return wrong("a section without ]");
    std::string_view inner = trim(text.substr(1, close - 1));
    if (inner.empty()) return wrong("a section without a name");
    ProfileFileSection section;
    if (const std::size_t blank = inner.find_first_of(" \t"); blank != std::string_view::npos) {
      section.kind = lower(inner.substr(0, blank));
      inner = trim(inner.substr(blank));
    }
    if (inner.size() >= 2 && (inner.front() == '"' || inner.front() == '\'') &&
        inner.back() == inner.front()) {
      inner = inner.substr(1, inner.size() - 2);
    }
    section.name = inner;
    sections_.push_back(std::move(section));
    last_.clear();
    return {};
  }

  // A line that is indented deeper than the setting above belongs to it: as a member when that one
  // had no value, else as more of its value. Nothing that we read goes over several lines.
  Result<void> member(std::string_view text, std::size_t indent) {
    if (sections_.empty()) return wrong("a setting before the first [section]");
    ProfileSection& members = sections_.back().members;
    const bool below = !last_.empty() && indent > last_indent_;
    if (below && !members[last_].empty()) {
      members[last_] += "\n" + std::string(text);
      return {};
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return wrong("neither [section] nor NAME = VALUE");
    const std::string name = lower(trim(text.substr(0, equals)));
    if (name.empty()) return wrong("a setting without a name");
    const std::string value(without_comment(name, trim(text.substr(equals + 1))));
    members[below ? last_ + "." + name : name] = value;
    if (!below) {
      last_ = name;
      last_indent_ = indent;
    }
    return {};
  }

  // " # ..." ends a value. A command is left whole: the shell knows comments itself, and a
  // semicolon means something else to it.
  static std::string_view without_comment(const std::string& name, std::string_view value) {
    if (name == "credential_process") return value;
    for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) {
      value = value.substr(0, value.find(mark));
    }
    return trim(value);
  }

  std::string_view file_;
  int number_ = 0;
  std::vector<ProfileFileSection> sections_;
  std::string last_;  // The setting that deeper lines belong to.
  std::size_t last_indent_ = 0;
};

std::string expanded(const std::string& path, const Environment& environment) {
  if (path != "~" && !path.starts_with("~/")) return path;
  return environment.get("HOME").value_or("") + path.substr(1);
}

struct LoadedFile {
  std::vector<ProfileFileSection> sections;
  std::string description;
};

Result<LoadedFile> load_file(const Environment& environment, const std::string& variable,
                             const std::string& fallback) {
  const auto named = environment.get(variable);
  if (!named && !environment.get("HOME")) {
    return LoadedFile{{}, "none (neither " + variable + " nor HOME is set)"};
  }
  const std::string path = expanded(named.value_or(fallback), environment);
  // The usual way to say "no such file" to AWS tools; it is a device, not a file.
  if (path == "/dev/null") return LoadedFile{{}, path + " (none)"};
  Result<std::string> text = read_small_file(path, kFileBytesMax);
  if (!text && text.error().code == Errc::not_found) return LoadedFile{{}, path + " (not there)"};
  if (!text) return with_context(std::move(text).error(), "AWS configuration");
  CORDON_TRY(auto sections, parse_profile_file(*text, path));
  return LoadedFile{std::move(sections), path};
}

}  // namespace

Result<std::vector<ProfileFileSection>> parse_profile_file(std::string_view text,
                                                           std::string_view file) {
  Parser parser(file);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    CORDON_TRY(parser.line(text.substr(0, end)));
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
  }
  return parser.take();
}

Result<ProfileFiles> ProfileFiles::load(const Environment& environment) {
  CORDON_TRY(LoadedFile config, load_file(environment, "AWS_CONFIG_FILE", "~/.aws/config"));
  CORDON_TRY(LoadedFile credentials,
             load_file(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"));
  ProfileFiles files;
  files.description_ = "config " + config.description + ", credentials " + credentials.description;
  for (ProfileFileSection& section : config.sections) {
    // In the config file only [default] may stand without the word "profile".
    const bool is_profile =
        section.kind == "profile" || (section.kind.empty() && section.name == "default");
    if (is_profile) {
      for (auto& [name, value] : section.members) files.profiles_[section.name][name] = value;
      files.profiles_.try_emplace(section.name);
    } else if (section.kind == "services") {
      for (auto& [name, value] : section.members) files.services_[section.name][name] = value;
    }
  }
  for (ProfileFileSection& section : credentials.sections) {
    // Here a name is a profile as it stands, also one with a blank.
    const std::string name = section.kind.empty() || section.kind == "profile"
                                 ? section.name
                                 : section.kind + " " + section.name;
    for (auto& [member, value] : section.members) files.profiles_[name][member] = value;
    files.profiles_.try_emplace(name);
  }
  return files;
}

const ProfileSection* ProfileFiles::profile(const std::string& name) const {
  const auto it = profiles_.find(name);
  return it == profiles_.end() ? nullptr : &it->second;
}

const ProfileSection* ProfileFiles::services(const std::string& name) const {
  const auto it = services_.find(name);
  return it == services_.end() ? nullptr : &it->second;
}

std::vector<std::string> ProfileFiles::profile_names() const {
  std::vector<std::string> names;
  for (const auto& [name, section] : profiles_) names.push_back(name);
  return names;
}

}  // namespace cordon
