#include "command_line/command_line.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <utility>

#include "command_line/wrapped_text.h"

namespace cordon {
namespace {

// CLI11 prints each help text as one line, however long.
class WrappingFormatter final : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    std::string text = app->get_description();
    return text.empty() ? text : wrapped(text, 0, 0) + "\n";
  }
  std::string make_subcommand(const CLI::App* sub) const override {
    return entry(sub->get_name(), sub->get_description());
  }
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    return entry(make_option_name(option, is_positional) + make_option_opts(option),
                 make_option_desc(option));
  }

 private:
  // The name, and behind or below it what it means.
  static std::string entry(const std::string& name, const std::string& help) {
    constexpr std::size_t kHelpColumn = 30;
    std::string out = "  " + name;
    if (help.empty()) return out + "\n";
    out += out.size() < kHelpColumn ? std::string(kHelpColumn - out.size(), ' ')
                                    : "\n" + std::string(kHelpColumn, ' ');
    return out + wrapped(help, kHelpColumn, kHelpColumn) + "\n";
  }
};

}  // namespace

Option* Option::required() {
  option_.required();
  return this;
}

Option* Option::needs(const Option* other) {
  option_.needs(&other->option_);
  return this;
}

Option* Option::excludes(const Option* other) {
  option_.excludes(&other->option_);
  return this;
}

Option* Option::environment(const std::string& name) {
  option_.envname(name);
  return this;
}

Option* Option::expected(int count) {
  option_.expected(count);
  return this;
}

Option* Option::repeatable() {
  option_.allow_extra_args(false);
  return this;
}

Option* Option::positive() {
  option_.check(CLI::PositiveNumber);
  return this;
}

Option* Option::between(std::int64_t least, std::int64_t most) {
  option_.check(CLI::Range(least, most));
  return this;
}

Option* Option::one_of(std::vector<std::string> words) {
  option_.check(CLI::IsMember(std::move(words)));
  return this;
}

Option* Option::check(std::function<std::string(const std::string& value)> objection) {
  option_.check(std::move(objection));
  return this;
}

Command::Command(CLI::App& app) : app_(app) {}
Command::~Command() = default;

Command* Command::add_subcommand(const std::string& name, const std::string& help) {
  commands_.push_back(std::make_unique<Command>(*app_.add_subcommand(name, help)));
  return commands_.back().get();
}

Command* Command::subcommand(const std::string& name) {
  const CLI::App* wanted = app_.get_subcommand(name);
  for (const std::unique_ptr<Command>& command : commands_) {
    if (&command->app_ == wanted) return command.get();
  }
  return nullptr;
}

void Command::require_subcommand() { app_.require_subcommand(1); }

void Command::allow_subcommand() { app_.require_subcommand(0, 1); }

Option* Command::kept(CLI::Option* option) {
  options_.push_back(std::make_unique<Option>(*option));
  return options_.back().get();
}

Option* Command::add_option(const std::string& names, std::string& value, const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_option(const std::string& names, std::optional<std::string>& value,
                            const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_option(const std::string& names, std::vector<std::string>& value,
                            const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_option(const std::string& names, std::filesystem::path& value,
                            const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_option(const std::string& names, int& value, const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_option(const std::string& names, std::optional<int>& value,
                            const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_option(const std::string& names, std::optional<unsigned>& value,
                            const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_option(const std::string& names, std::uint64_t& value,
                            const std::string& help) {
  return kept(app_.add_option(names, value, help));
}

Option* Command::add_flag(const std::string& names, bool& value, const std::string& help) {
  return kept(app_.add_flag(names, value, help));
}

Option* Command::add_flag(const std::string& names, std::function<void()> when_given,
                          const std::string& help) {
  return kept(app_.add_flag_callback(names, std::move(when_given), help));
}

void Command::on_chosen(std::function<void()> action) { app_.callback(std::move(action)); }

bool Command::is_chosen() const { return app_.parsed(); }

CommandDescription Command::describe() const {
  CommandDescription description{.name = app_.get_name(), .help = app_.get_description()};
  for (const CLI::Option* option : std::as_const(app_).get_options()) {
    description.options.push_back({.names = option->get_name(false, true),
                                   .long_names = option->get_lnames(),
                                   .help = option->get_description(),
                                   .environment = option->get_envname(),
                                   .is_positional = option->get_positional(),
                                   .takes_value = option->get_expected_max() > 0,
                                   .is_help = option == app_.get_help_ptr()});
  }
  for (const std::unique_ptr<Command>& command : commands_) {
    description.commands.push_back(command->describe());
  }
  return description;
}

CommandLine::CommandLine(const std::string& name, const std::string& help)
    : app_(std::make_unique<CLI::App>(help, name)), root_(std::make_unique<Command>(*app_)) {
  app_->fallthrough();
  app_->formatter(std::make_shared<WrappingFormatter>());  // Commands take over that of the root.
}
CommandLine::~CommandLine() = default;

void CommandLine::set_version(const std::string& text) {
  app_->set_version_flag("--version", text);
}

namespace {

// The command on the line that was understood last.
CLI::App* innermost(CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return app;
}

std::string full_name(const CLI::App* app) {
  const std::string before = app->get_parent() == nullptr ? "" : full_name(app->get_parent()) + " ";
  return before + app->get_name();
}

// CLI11 says that a command is missing also where one was written that there is not.
std::optional<std::string> unknown_command(CLI::App* root) {
  CLI::App* const app = innermost(root);
  const std::vector<std::string> left = root->remaining(/*recurse=*/true);
  if (left.empty() || left.front().starts_with('-')) return std::nullopt;
  std::string text = full_name(app) + " has no command \"" + left.front() + "\"; it has";
  for (const CLI::App* known : std::as_const(*app).get_subcommands(nullptr)) {
    text += " " + known->get_name();
  }
  return text;
}

}  // namespace

std::optional<int> CommandLine::parse(int argc, const char* const* argv, int usage_code) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return app_->exit(wanted);
  } catch (const CLI::RequiredError& error) {
    const std::optional<std::string> unknown = unknown_command(app_.get());
    app_->exit(unknown ? CLI::RequiredError(*unknown, CLI::ExitCodes::RequiredError) : error);
    return usage_code;
  } catch (const CLI::ParseError& error) {
    app_->exit(error);
    return usage_code;
  }
  return std::nullopt;
}

}  // namespace cordon
