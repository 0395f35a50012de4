#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace cordon {

/// One flag, option or positional argument of a command. Every function returns itself; what it
/// says is enforced before any command runs.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(option) {}

  Option* required();
  Option* needs(const Option* other);
  Option* excludes(const Option* other);
  /// Taken from this variable where the command line has none.
  Option* environment(const std::string& name);
  /// So many values, no more and no fewer.
  Option* expected(int count);
  /// One value each time that it is given; it may be given again.
  Option* repeatable();
  Option* positive();
  Option* between(std::int64_t least, std::int64_t most);
  Option* one_of(std::vector<std::string> words);
  /// `objection` says what is wrong with a value; nothing: "".
  Option* check(std::function<std::string(const std::string& value)> objection);

 private:
  CLI::Option& option_;
};

/// What a manual and a completion script tell of an option.
struct OptionDescription {
  std::string names;                    ///< "-b,--bucket"; of a positional argument its name.
  std::vector<std::string> long_names;  ///< Without the dashes.
  std::string help;
  std::string environment;  ///< Empty: none.
  bool is_positional = false;
  bool takes_value = false;
  bool is_help = false;
};

/// The same of a command with everything below it.
struct CommandDescription {
  std::string name;
  std::string help;
  std::vector<OptionDescription> options;
  std::vector<CommandDescription> commands;
};

/// One command with its options and the commands below it. What it gives lives as long as itself;
/// what values are written to lives as long as the command line is parsed.
class Command {
 public:
  explicit Command(CLI::App& app);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Command* add_subcommand(const std::string& name, const std::string& help);
  Command* subcommand(const std::string& name);  ///< Must be there.
  void require_subcommand();                     ///< Exactly one of its commands has to follow.
  void allow_subcommand();                       ///< One at most.

  /// `names`: "--bucket", or "BUCKET" for a positional argument.
  Option* add_option(const std::string& names, std::string& value, const std::string& help);
  Option* add_option(const std::string& names, std::optional<std::string>& value,
                     const std::string& help);
  Option* add_option(const std::string& names, std::vector<std::string>& value,
                     const std::string& help);
  Option* add_option(const std::string& names, std::filesystem::path& value,
                     const std::string& help);
  Option* add_option(const std::string& names, int& value, const std::string& help);
  Option* add_option(const std::string& names, std::optional<int>& value, const std::string& help);
  Option* add_option(const std::string& names, std::optional<unsigned>& value,
                     const std::string& help);
  Option* add_option(const std::string& names, std::uint64_t& value, const std::string& help);
  /// "--name{false}": the flag sets `value` to false.
  Option* add_flag(const std::string& names, bool& value, const std::string& help);
  Option* add_flag(const std::string& names, std::function<void()> when_given,
                   const std::string& help);

  /// Called once the whole line is understood and this command is on it.
  void on_chosen(std::function<void()> action);
  bool is_chosen() const;

  CommandDescription describe() const;

 private:
  CLI::App& app_;
  std::vector<std::unique_ptr<Command>> commands_;
  std::vector<std::unique_ptr<Option>> options_;

  Option* kept(CLI::Option* option);
};

/// The command line of a program: its first command, `--help` and perhaps `--version`. Options of
/// the root are taken behind its commands, too.
class CommandLine {
 public:
  CommandLine(const std::string& name, const std::string& help);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command& root() { return *root_; }
  void set_version(const std::string& text);

  /// Fills the values and calls what was chosen. Returns the exit code where nothing is left to do:
  /// 0 after help and version, `usage_code` after a line that is wrong, which standard error says.
  std::optional<int> parse(int argc, const char* const* argv, int usage_code);

 private:
  std::unique_ptr<CLI::App> app_;
  std::unique_ptr<Command> root_;
};

}  // namespace cordon
