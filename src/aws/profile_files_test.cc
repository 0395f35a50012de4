#include "aws/profile_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "aws/aws_test_files.h"

namespace cordon {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ProfileFile, ReadsSectionsCommentsAndNestedSettings) {
  const auto parsed = parse_profile_file(
      "\xEF\xBB\xBF# comment\r\n"
      "[default]  # the usual\r\n"
      "Region = eu-west-1 ; not more\r\n"
      "\n"
      "[profile \"two words\"]\n"
      "s3 =\n"
      "  addressing_style = path\n"
      "  max_bandwidth = 1MB/s\n"
      "output = json\n"
      "credential_process = /bin/x --a 'b ; c' # d\n"
      "[services local]\n"
      "s3 = \n"
      "\tendpoint_url = http://127.0.0.1:1\n"
      "sqs =\n"
      "    endpoint_url = http://127.0.0.1:2\n",
      "config");

  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 3U);
  EXPECT_EQ((*parsed)[0].name, "default");
  EXPECT_EQ((*parsed)[0].members, (ProfileSection{{"region", "eu-west-1"}}));
  EXPECT_EQ((*parsed)[1].kind, "profile");
  EXPECT_EQ((*parsed)[1].name, "two words");
  EXPECT_EQ((*parsed)[1].members,
            (ProfileSection{{"s3", ""},
                            {"s3.addressing_style", "path"},
                            {"s3.max_bandwidth", "1MB/s"},
                            {"output", "json"},
                            {"credential_process", "/bin/x --a 'b ; c' # d"}}));
  EXPECT_EQ((*parsed)[2].members.at("s3.endpoint_url"), "http://127.0.0.1:1");
  EXPECT_EQ((*parsed)[2].members.at("sqs.endpoint_url"), "http://127.0.0.1:2");
}

TEST(ProfileFile, TakesASectionThatIsIndentedAsAWhole) {
  const auto parsed = parse_profile_file("[default]\n  region = a\n  output = json\n", "config");

  ASSERT_TRUE(parsed);
  EXPECT_EQ((*parsed)[0].members, (ProfileSection{{"region", "a"}, {"output", "json"}}));
}

TEST(ProfileFile, SaysWhichLineIsWrongWithoutShowingIt) {
  const std::pair<const char*, const char*> kBroken[] = {
      {"hunter2 = x\n", "line 1"},
      {"[default]\nhunter2\n", "line 2"},
      {"[default]\n\n= hunter2\n", "line 3"},
      {"[hunter2\n", "line 1"},
      {"[]\n", "line 1"},
  };
  for (const auto& [text, line] : kBroken) {
    SCOPED_TRACE(text);

    const auto parsed = parse_profile_file(text, "the-file");

    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_THAT(parsed.error().what, HasSubstr("the-file, " + std::string(line)));
    EXPECT_THAT(parsed.error().what, Not(HasSubstr("hunter2")));
  }
}

TEST(ProfileFiles, MergesBothFilesAndCredentialsWin) {
  const TestFiles files;
  const Environment environment = files.environment(
      "[default]\nregion = eu-west-1\n[profile prod]\nrole_arn = arn:x\naws_access_key_id = old\n"
      "[prod-without-the-word]\nregion = ignored\n",
      "[prod]\naws_access_key_id = new\n[only here]\naws_access_key_id = k\n");

  const auto loaded = ProfileFiles::load(environment);

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->profile("prod")->at("aws_access_key_id"), "new");
  EXPECT_EQ(loaded->profile("prod")->at("role_arn"), "arn:x");
  EXPECT_THAT(loaded->profile_names(), testing::ElementsAre("default", "only here", "prod"));
}

TEST(ProfileFiles, MissingFilesAreEmptyAndFoundInTheHomeDirectory) {
  const TestFiles files;
  files.write(".aws/config", "[default]\nregion = eu-west-1\n");

  const auto loaded = ProfileFiles::load(Environment({{"HOME", files.path("")}}));

  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->profile("default")->at("region"), "eu-west-1");
  EXPECT_THAT(loaded->description(), HasSubstr(".aws/credentials (not there)"));
  EXPECT_TRUE(ProfileFiles::load(Environment()));
}

TEST(ProfileFiles, AFileThatIsTooLongOrNoFileIsAnError) {
  const TestFiles files;
  files.write("long", std::string(2U << 20U, '#'));

  EXPECT_FALSE(ProfileFiles::load(Environment({{"AWS_CONFIG_FILE", files.path("long")}})));
  EXPECT_FALSE(ProfileFiles::load(Environment({{"AWS_CONFIG_FILE", files.path("")}})));
}

}  // namespace
}  // namespace cordon
