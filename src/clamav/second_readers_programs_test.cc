#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/cms_content.h"
#include "clamav/mail_parts.h"
#include "clamav/member_feed.h"
#include "clamav/openpgp_content.h"
#include "clamav/payload_behind_script.h"

// What real programs write, read by the second readers.

namespace cordon {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

namespace fs = std::filesystem;

using Reader = std::function<Unpacking(std::span<const std::byte>, const fs::path&,
                                       const UnpackLimits&, const UseMember&)>;

class SecondReadersProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "readers-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::ofstream(folder_ / "content") << content_;
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// In the folder, by the shell. GnuPG keeps its keys there too.
  void run(const std::string& command) {
    const std::string line = "cd '" + folder_.string() +
                             "' && export GNUPGHOME=\"$PWD/gnupg\" && (" + command +
                             ") >log 2>&1 </dev/null";
    ASSERT_EQ(std::system(line.c_str()), 0) << command << "\n" << file("log");
  }

  std::string file(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }

  std::vector<std::string> members_of(const std::string& name, const Reader& reader) {
    std::vector<std::string> members;
    const std::string bytes = file(name);
    const Unpacking unpacking =
        reader(as_bytes_of(bytes), folder_, UnpackLimits{}, [&](std::span<const std::byte> member) {
          members.emplace_back(text_of(member));
          return true;
        });
    EXPECT_EQ(unpacking.problem, std::nullopt) << name;
    return members;
  }

  fs::path folder_;
  std::string content_ = [] {
    std::string out;
    for (int i = 0; i < 2'000; ++i) out += "line " + std::to_string(i) + "\n";
    return out;
  }();
};

TEST_F(SecondReadersProgramsTest, OpenWhatOpenSslSigns) {
  run("openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=test -days 2");
  for (const std::string command :
       {"cms -sign -nodetach -outform DER", "cms -sign -nodetach -outform PEM",
        "cms -sign -nodetach -stream -indef -outform DER", "smime -sign -nodetach -outform DER",
        "cms -sign -nodetach -cades -keyid -outform DER", "smime -sign -nodetach -outform PEM"}) {
    run("openssl " + command + " -binary -in content -signer cert -inkey key -out signed");

    EXPECT_THAT(members_of("signed", read_cms_content), ElementsAre(content_)) << command;
    EXPECT_TRUE(looks_like_cms(as_bytes_of(file("signed"))));
  }
  for (const std::string command : {"-data_create", "-digest_create"}) {
    run("openssl cms " + command + " -binary -in content -outform DER -out wrapped");
    EXPECT_THAT(members_of("wrapped", read_cms_content), ElementsAre(content_)) << command;
  }
  run("openssl cms -sign -binary -in content -signer cert -inkey key -outform DER -out detached");
  EXPECT_THAT(members_of("detached", read_cms_content), IsEmpty());
  run("openssl cms -encrypt -binary -in content -outform DER -out locked cert");
  EXPECT_THAT(members_of("locked", read_cms_content), IsEmpty());
}

TEST_F(SecondReadersProgramsTest, OpenOpaqueSignedMail) {
  run("openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=test -days 2");
  run("openssl smime -sign -nodetach -binary -in content -signer cert -inkey key -from "
      "a@example.org "
      "-subject s -out mail");
  ASSERT_TRUE(looks_like_mail(as_bytes_of(file("mail"))));

  const std::vector<std::string> parts = members_of("mail", read_mail_parts);

  ASSERT_EQ(parts.size(), 1U);
  std::ofstream(folder_ / "part") << parts[0];
  EXPECT_THAT(members_of("part", read_cms_content), ElementsAre(content_));
}

TEST_F(SecondReadersProgramsTest, OpenWhatGnuPgSigns) {
  run("mkdir -m 700 gnupg && gpg --batch --passphrase '' --quick-generate-key t@example.org "
      "ed25519 "
      "sign never");
  for (const std::string options :
       {"--compress-algo none --sign", "--compress-algo zip --sign", "--compress-algo zlib --sign",
        "--compress-algo bzip2 --sign", "--armor --sign", "--store", "--armor --store",
        "--textmode --sign"}) {
    run("gpg --batch --yes -o signed " + options + " content");

    const std::vector<std::string> members = members_of("signed", read_openpgp_content);
    ASSERT_EQ(members.size(), 1U) << options;
    // In text mode lines end with CRLF.
    const bool textual = options.find("textmode") != std::string::npos;
    EXPECT_TRUE(textual || members[0] == content_) << options;
    EXPECT_TRUE(looks_like_openpgp(as_bytes_of(file("signed")))) << options;
  }
  run("cat content | gpg --batch --yes --compress-algo none -o signed --sign");
  EXPECT_THAT(members_of("signed", read_openpgp_content), ElementsAre(content_));
  run("gpg --batch --yes -o signed --detach-sign content");
  EXPECT_THAT(members_of("signed", read_openpgp_content), IsEmpty());
  run("gpg --batch --yes -o locked --pinentry-mode loopback --passphrase x --symmetric content");
  EXPECT_THAT(members_of("locked", read_openpgp_content), IsEmpty());

  run("(printf 'From: a@example.org\\nSubject: s\\n\\nSee below.\\n\\n'; "
      "gpg --batch --armor --sign <content) >mail");
  EXPECT_THAT(members_of("mail", read_mail_parts), Contains(content_));
  run("gpgconf --kill all");
}

TEST_F(SecondReadersProgramsTest, ReadWhatPythonWritesAsMail) {
  std::ofstream(folder_ / "write.py") << R"(
import email.message, email.policy, os
content = open('content', 'rb').read()
inner = email.message.EmailMessage()
inner['From'], inner['Subject'] = 'a@example.org', 'inner'
inner.set_content('inner text')
inner.add_attachment(content, maintype='application', subtype='octet-stream', filename='c.bin')
mail = email.message.EmailMessage()
mail['From'], mail['Subject'] = 'b@example.org', 'outer'
mail.set_content('Gr\u00fc\u00dfe = greetings')
mail.add_alternative('<html><p>markup</p></html>', subtype='html')
mail.add_attachment(b'attached', maintype='image', subtype='png', filename='\u00fc' * 60 + '.png')
mail.add_attachment(inner)
open('lf', 'wb').write(mail.as_bytes())
open('crlf', 'wb').write(mail.as_bytes(policy=email.policy.SMTP))
open('utf8', 'wb').write(mail.as_bytes(policy=email.policy.SMTPUTF8))
open('box', 'wb').write(b''.join(b'From a Mon Jan  1 00:00:00 2024\n' + mail.as_bytes() + b'\n' for _ in '12'))
)";
  run("python3 write.py");

  for (const std::string name : {"lf", "crlf", "utf8", "box"}) {
    const std::vector<std::string> parts = members_of(name, read_mail_parts);

    EXPECT_THAT(parts, Contains("attached"));
    EXPECT_THAT(parts, Contains(content_));
    EXPECT_THAT(parts, Contains(StartsWith("Gr\xC3\xBC\xC3\x9F\x65 = greetings")));
    EXPECT_THAT(parts, Contains(StartsWith("<html><p>markup")));
    EXPECT_THAT(parts, Contains(StartsWith("inner text")));
    EXPECT_EQ(parts.size(), name == "box" ? 10U : 5U);
    EXPECT_TRUE(looks_like_mail(as_bytes_of(file(name))));
  }
}

TEST_F(SecondReadersProgramsTest, ReadWhatUuencodeAndSharWrite) {
  run("printf 'From: a@example.org\\nSubject: s\\n\\nfirst\\n' >mail; uuencode content c >>mail; "
      "uuencode -m content c >>mail; echo last >>mail");
  const std::vector<std::string> parts = members_of("mail", read_mail_parts);
  EXPECT_EQ(std::ranges::count(parts, content_), 2);

  run("gzip -k content && shar content.gz >script");
  EXPECT_THAT(members_of("script", read_payloads_behind_script), Contains(file("content.gz")));
}

TEST_F(SecondReadersProgramsTest, FindWhatMakeselfPacks) {
  run("mkdir folder && cp content folder/member");
  for (const std::string options : {"--gzip", "--bzip2", "--xz", "--nocomp", "--base64"}) {
    run("makeself " + options + " folder script.run label ./member");

    const std::vector<std::string> payloads = members_of("script.run", read_payloads_behind_script);
    ASSERT_FALSE(payloads.empty()) << options;
    std::ofstream(folder_ / "payload") << payloads[0];
    run("tar -xOf payload ./member >unpacked");
    EXPECT_EQ(file("unpacked"), content_) << options;
  }
}

}  // namespace
}  // namespace cordon
