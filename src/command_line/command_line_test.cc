#include "command_line/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kUsage = 2;

class CommandLineTest : public testing::Test {
 protected:
  std::optional<int> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tool");
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const std::optional<int> done =
        line_.parse(static_cast<int>(arguments.size()), arguments.data(), kUsage);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return done;
  }

  CommandLine line_{"tool", "Does things."};
  std::string out_;
  std::string err_;
};

TEST_F(CommandLineTest, FillsValuesAndCallsWhatWasChosen) {
  bool is_json = false;
  std::vector<std::string> names;
  std::optional<unsigned> limit;
  std::string called;
  line_.root().add_flag("--json", is_json, "JSON");
  Command* list = line_.root().add_subcommand("list", "Lists");
  list->add_option("NAME", names, "Names");
  list->add_option("--limit", limit, "At most")->between(1, 10);
  list->on_chosen([&] { called = "list"; });
  line_.root().add_subcommand("drop", "Drops")->on_chosen([&] { called = "drop"; });

  EXPECT_EQ(parse({"list", "a", "b", "--limit", "3", "--json"}), std::nullopt) << err_;

  EXPECT_TRUE(is_json) << "options of the root are taken behind its commands";
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_EQ(limit, 3U);
  EXPECT_EQ(called, "list");
  EXPECT_TRUE(list->is_chosen());
}

TEST_F(CommandLineTest, HelpAndVersionAreDone) {
  line_.set_version("tool 1.2");
  line_.root().add_subcommand("list", "Lists things");

  EXPECT_EQ(parse({"--version"}), 0);
  EXPECT_EQ(out_, "tool 1.2\n");
  EXPECT_EQ(parse({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("Lists things"));
}

TEST_F(CommandLineTest, WhatIsWrongIsSaidAndNothingIsCalled) {
  bool called = false;
  int number = 1;
  std::string word;
  std::vector<std::string> each;
  Command* run = line_.root().add_subcommand("run", "Runs");
  line_.root().require_subcommand();
  run->on_chosen([&] { called = true; });
  run->add_option("FILE", word, "File")->required();
  run->add_option("--positive", number, "A number")->positive();
  run->add_option("--between", number, "A number")->between(2, 3);
  run->add_option("--word", word, "A word")->one_of({"yes", "no"});
  run->add_option("--own", word, "Anything")->check([](const std::string& value) {
    return value == "bad" ? "this is bad" : "";
  });
  run->add_option("--each", each, "Again for each")->repeatable();
  bool first = false;
  bool second = false;
  bool third = false;
  const Option* one = run->add_flag("--first", first, "First");
  const Option* two = run->add_flag("--second", second, "Second")->excludes(one);
  run->add_flag("--third", third, "Third")->needs(two);

  const std::vector<std::vector<const char*>> kWrong = {{},
                                                        {"walk"},
                                                        {"run"},
                                                        {"run", "f", "--positive", "0"},
                                                        {"run", "f", "--between", "4"},
                                                        {"run", "f", "--word", "perhaps"},
                                                        {"run", "f", "--own", "bad"},
                                                        {"run", "f", "--each", "a", "b"},
                                                        {"run", "f", "--first", "--second"},
                                                        {"run", "f", "--third"},
                                                        {"run", "f", "--unknown"}};
  for (const std::vector<const char*>& wrong : kWrong) {
    EXPECT_EQ(parse(wrong), kUsage) << testing::PrintToString(wrong);
    EXPECT_NE(err_, "");
  }
  EXPECT_FALSE(called);

  EXPECT_EQ(parse({"run", "f", "--each", "a", "--each", "b", "--between", "2"}), std::nullopt)
      << err_;
  EXPECT_THAT(each, ElementsAre("a", "b"));
  EXPECT_TRUE(called);
}

TEST_F(CommandLineTest, SaysWhichCommandThereIsNot) {
  line_.root().require_subcommand();
  Command* list = line_.root().add_subcommand("list", "Lists");
  list->add_subcommand("all", "All");
  list->add_subcommand("some", "Some");
  list->require_subcommand();

  EXPECT_EQ(parse({"lsit", "all"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("tool has no command \"lsit\"; it has list\n"));
  EXPECT_EQ(parse({"list", "al"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("tool list has no command \"al\"; it has all some\n"));
  EXPECT_EQ(parse({"list"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("A subcommand is required"));
}

TEST_F(CommandLineTest, TheEnvironmentStandsInForAnOption) {
  std::string value = "default";
  line_.root().add_option("--value", value, "A value")->environment("CORDON_COMMAND_LINE_TEST");
  ASSERT_EQ(::setenv("CORDON_COMMAND_LINE_TEST", "from there", 1), 0);

  EXPECT_EQ(parse({}), std::nullopt);
  EXPECT_EQ(value, "from there");
  EXPECT_EQ(parse({"--value", "given"}), std::nullopt);
  EXPECT_EQ(value, "given");
  ::unsetenv("CORDON_COMMAND_LINE_TEST");
}

TEST_F(CommandLineTest, DescribesTheWholeTree) {
  bool loud = false;
  std::string file;
  Command* play = line_.root().add_subcommand("play", "Plays a file");
  play->add_option("FILE", file, "What to play")->environment("FILE_TO_PLAY");
  play->add_flag("-l,--loud", loud, "Loudly");
  play->add_subcommand("again", "Once more");

  const CommandDescription all = line_.root().describe();

  ASSERT_EQ(all.commands.size(), 1U);
  const CommandDescription& described = all.commands[0];
  EXPECT_EQ(described.name + ": " + described.help, "play: Plays a file");
  EXPECT_EQ(described.commands.at(0).name, "again");
  ASSERT_EQ(described.options.size(), 3U);
  EXPECT_TRUE(described.options[0].is_help);
  EXPECT_EQ(described.options[1].names, "FILE");
  EXPECT_TRUE(described.options[1].is_positional && described.options[1].takes_value);
  EXPECT_EQ(described.options[1].environment, "FILE_TO_PLAY");
  EXPECT_EQ(described.options[2].names, "-l,--loud");
  EXPECT_THAT(described.options[2].long_names, ElementsAre("loud"));
  EXPECT_FALSE(described.options[2].takes_value);
  EXPECT_EQ(play->subcommand("again")->describe().help, "Once more");
}

}  // namespace
}  // namespace cordon
