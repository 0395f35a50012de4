#include "clamav/clamav_engine.h"

#include <gtest/gtest.h>

#include <fstream>

#include "clamav/clamav_scanner.h"
#include "clamav/self_test.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

class ClamavEngineTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "cordon-engine-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    fs::create_directory(temp());
    fs::create_directory(signatures());
  }
  void TearDown() override { fs::remove_all(directory_); }

  fs::path temp() const { return directory_ / "tmp"; }
  fs::path signatures() const { return directory_ / "sig"; }
  void put(const std::string& name, std::string_view content) {
    std::ofstream(signatures() / name, std::ios::binary) << content;
  }
  std::string load_error() {
    const auto engine = ClamavEngine::load({.signatures = signatures()});
    return engine ? "" : engine.error().what;
  }

  fs::path directory_;
};

TEST_F(ClamavEngineTest, LoadsTheOwnSetAndSaysThatItIsForTests) {
  const auto engine = ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR});

  ASSERT_TRUE(engine) << engine.error().what;
  EXPECT_TRUE(engine->version().engine.starts_with("ClamAV 1."));
  EXPECT_TRUE(engine->version().signatures.starts_with("test-"));
  EXPECT_GE(engine->signature_count(), 3U);
}

TEST_F(ClamavEngineTest, SaysWhatToDoWithABadDirectory) {
  EXPECT_NE(load_error().find("holds no signatures"), std::string::npos) << load_error();

  put("own.ndb", "this is not a signature\n");
  EXPECT_NE(load_error().find("own.ndb"), std::string::npos) << load_error();

  fs::remove_all(signatures());
  EXPECT_NE(load_error().find("cannot be opened"), std::string::npos) << load_error();
}

TEST_F(ClamavEngineTest, NamesTheFileThatIsAtFaultAndNotOneThatItOnlyGrumblesAbout) {
  put("a.yar",
      "rule grumble { strings: $a = \"abcdef\" xor condition: $a }\n"
      "rule good { strings: $a = \"abcdef\" condition: $a }\n");
  put("b.ndb", "Good:0:*:6162636465666768696a\n");
  put("c.ndb", "Good:0:*:6162636465666768696a\nthis is not a signature\n");

  const std::string error = load_error();

  EXPECT_NE(error.find("c.ndb: "), std::string::npos) << error;
  EXPECT_EQ(error.find("a.yar"), std::string::npos) << error;
  fs::remove(signatures() / "c.ndb");
  EXPECT_EQ(load_error(), "");
}

TEST_F(ClamavEngineTest, TellsWhichRulesAreLoadedAndNotInForce) {
  put("own.yar",
      "rule good { strings: $a = \"abcdef\" condition: $a }\n"
      "rule without_strings { condition: filesize > 0 }\n"
      "rule unread { strings: $a = \"abcdef\" xor condition: $a }\n"
      "rule same { strings: $a = \"abcdef\" condition: $a }\n"
      "rule same { strings: $a = \"ghijkl\" condition: $a }\n"
      "rule needs_module { strings: $a = \"abcdef\" condition: $a and pe.is_dll }\n"
      "rule one_byte { strings: $a = \"a\" condition: $a }\n"
      "rule wide_regex { strings: $a = /abcdef/ wide condition: $a }\n"
      "global rule everywhere { strings: $a = \"abcdef\" condition: $a }\n"
      "rule any_case { strings: $a = /abcdef/ nocase condition: $a }\n"
      "private rule helper { strings: $a = \"abcdef\" condition: $a }\n"
      "rule last { strings: $a = \"abcdef\" nocase wide ascii condition: helper and $a }\n");
  put("own.ldb",
      "Cordon.Later;Engine:254-255,Target:0;0;6162636465666768696a\n"
      "Cordon.Now;Engine:51-255,Target:0;0;6162636465666768696a\n");

  const auto engine = ClamavEngine::load({.signatures = signatures()});

  ASSERT_TRUE(engine) << engine.error().what;
  std::string named;
  std::vector<std::string> behind;
  for (const std::string& note : engine->notes()) {
    if (note.find("rules behind line 3") != std::string::npos) {
      behind.push_back(note);
      continue;
    }
    const std::size_t rule = note.find("rule ");
    named += note.substr(rule == std::string::npos ? 9 : rule + 5,
                         note.find(" is ") - (rule == std::string::npos ? 9 : rule + 5)) +
             "\n";
  }
  EXPECT_EQ(named,
            "Cordon.Later\n"
            "without_strings (line 2)\n"
            "unread (line 3)\n"
            "same (line 5)\n"
            "needs_module (line 6)\n"
            "one_byte (line 7)\n"
            "wide_regex (line 8)\n"
            "everywhere (line 9)\n"
            "any_case (line 10)\n");
  ASSERT_EQ(behind.size(), 1U);
  EXPECT_NE(behind.front().find("helper, last"), std::string::npos) << behind.front();
}

TEST_F(ClamavEngineTest, HasNothingToSayAboutTheOwnSet) {
  const auto engine = ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR});

  ASSERT_TRUE(engine);
  EXPECT_TRUE(engine->notes().empty()) << engine->notes().front();
}

TEST_F(ClamavEngineTest, RefusesASetWithoutASingleSignature) {
  put("own.ndb", "");

  EXPECT_FALSE(load_error().empty());
}

TEST_F(ClamavEngineTest, RefusesADamagedOfficialSet) {
  std::string header = "ClamAV-VDB:22 Nov 2026 08-15 +0000:27451:1:90:x:x:x:1700000000";
  header.resize(512, ' ');
  put("daily.cvd", header + "garbage");

  EXPECT_NE(load_error().find("cannot be loaded"), std::string::npos) << load_error();
}

TEST_F(ClamavEngineTest, PassesItsSelfTest) {
  auto engine = ClamavEngine::load({.signatures = CORDON_SIGNATURES_DIR});
  ASSERT_TRUE(engine);
  const RealClock clock;
  ClamavScanner scanner(*engine, {.temp_directory = temp()}, clock);
  prepare_for_sandbox();

  const auto passed = self_test(scanner, Deadline::never(), {});

  EXPECT_TRUE(passed) << passed.error().what;
  EXPECT_TRUE(fs::is_empty(temp()));
}

TEST_F(ClamavEngineTest, FailsTheSelfTestWithASetThatFindsNothing) {
  put("own.ndb", "Other:0:*:6162636465666768696a\n");
  auto engine = ClamavEngine::load({.signatures = signatures()});
  ASSERT_TRUE(engine);
  const RealClock clock;
  ClamavScanner scanner(*engine, {.temp_directory = temp()}, clock);

  const auto passed = self_test(scanner, Deadline::never(), {});

  ASSERT_FALSE(passed);
  EXPECT_NE(passed.error().what.find("EICAR"), std::string::npos);
}

TEST_F(ClamavEngineTest, FailsTheSelfTestWithASetThatFindsTooMuch) {
  put("own.ndb", "Everything:0:*:636c65616e2074657874\n");  // "clean text"
  put("cordon-test.ndb", [] {
    std::ifstream file(std::string(CORDON_SIGNATURES_DIR) + "/cordon-test.ndb");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }());
  auto engine = ClamavEngine::load({.signatures = signatures()});
  ASSERT_TRUE(engine);
  const RealClock clock;
  ClamavScanner scanner(*engine, {.temp_directory = temp()}, clock);

  const auto passed = self_test(scanner, Deadline::never(), {});

  ASSERT_FALSE(passed);
  EXPECT_NE(passed.error().what.find("a clean text should be Clean"), std::string::npos);
}

}  // namespace
}  // namespace cordon
