#include "clamav/cms_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/second_reader_fixture.h"

namespace cordon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using CmsContentTest = SecondReaderTest<read_cms_content>;

/// DER, with lengths of one or four octets.
std::string element(char tag, const std::string& content) {
  std::string out{tag};
  if (content.size() < 128) {
    out.push_back(static_cast<char>(content.size()));
  } else {
    out.push_back('\x84');
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(content.size() >> shift & 0xFFU));
    }
  }
  return out + content;
}

/// BER, up to the end-of-contents octets.
std::string open_element(char tag, const std::string& content) {
  return std::string{tag, '\x80'} + content + std::string(2, '\0');
}

constexpr char kSequence = '\x30';
constexpr char kOctets = '\x04';
constexpr char kJoinedOctets = '\x24';
constexpr char kExplicit0 = '\xA0';
const std::string kVersion = element('\x02', "\1");
const std::string kNoAlgorithms = element('\x31', "");
const std::string kSomeAlgorithm = element(kSequence, element('\x06', "\x2A\x03"));

std::string id(char last) {
  return element('\x06', std::string("\x2A\x86\x48\x86\xF7\x0D\x01\x07") + last);
}
std::string smime_id(const std::string& last) {
  return element('\x06', "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10" + last);
}

const std::string kData = id('\1');
const std::string kSigned = id('\2');
const std::string kEnveloped = id('\3');

std::string info(const std::string& type, const std::string& content) {
  return element(kSequence, type + element(kExplicit0, content));
}

std::string signed_message(const std::string& encapsulated) {
  return info(kSigned, element(kSequence, kVersion + kNoAlgorithms + encapsulated + kNoAlgorithms));
}

std::string deflated_content(const std::string& content) {
  std::string out(compressBound(content.size()), '\0');
  uLongf size = out.size();
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(content.data()), content.size());
  out.resize(size);
  return out;
}

std::string compressed_message(const std::string& octets) {
  return info(smime_id("\1\x09"),
              element(kSequence, kVersion + element(kSequence, smime_id("\3\x08")) +
                                     info(kData, element(kOctets, octets))));
}

TEST_F(CmsContentTest, GivesWhatIsSignedDigestedAuthenticatedOrWrapped) {
  const std::string content = info(kData, element(kOctets, "content"));
  for (const std::string& message :
       {signed_message(content), content,
        info(id('\5'), element(kSequence, kVersion + kSomeAlgorithm + content)),
        info(smime_id("\1\2"),
             element(kSequence, kVersion + kNoAlgorithms + kSomeAlgorithm + content))}) {
    EXPECT_THAT(content_of(message), ElementsAre("content"));
    EXPECT_EQ(problem_, std::nullopt);
    EXPECT_TRUE(looks_like_cms(as_bytes_of(message)));
  }
}

TEST_F(CmsContentTest, JoinsContentInPieces) {
  const std::string pieces = open_element(
      kJoinedOctets, element(kOctets, "con") + open_element(kJoinedOctets, element(kOctets, "te")) +
                         element(kOctets, "nt"));
  const std::string inner = open_element(kSequence, kData + open_element(kExplicit0, pieces));
  const std::string message = open_element(
      kSequence,
      kSigned + open_element(kExplicit0, open_element(kSequence, kVersion + kNoAlgorithms + inner +
                                                                     kNoAlgorithms)));

  EXPECT_THAT(content_of(message), ElementsAre("content"));
  EXPECT_EQ(problem_, std::nullopt);
  EXPECT_TRUE(looks_like_cms(as_bytes_of(message)));
}

TEST_F(CmsContentTest, UnpacksWhatIsCompressed) {
  const std::string large(6'000'000, 'x');
  EXPECT_THAT(content_of(compressed_message(deflated_content(large))), ElementsAre(large));
  EXPECT_EQ(problem_, std::nullopt);

  limits_ = {.member_bytes_max = 1'000'000};
  EXPECT_THAT(content_of(compressed_message(deflated_content(large))), IsEmpty());
  EXPECT_EQ(problem_->reason, Reason::too_large);
  limits_ = {};
  content_of(compressed_message("no zlib stream"));
  EXPECT_EQ(problem_->reason, Reason::unsupported);
}

TEST_F(CmsContentTest, OpensMessagesInMessages) {
  const std::string inner =
      element(kSequence, kVersion + kNoAlgorithms + info(kData, element(kOctets, "content")));
  EXPECT_THAT(content_of(signed_message(info(kSigned, element(kOctets, inner)))),
              ElementsAre(inner, "content"));
  EXPECT_EQ(problem_, std::nullopt);

  std::string deep = inner;
  for (int i = 0; i < 12; ++i) {
    deep = element(kSequence, kVersion + kNoAlgorithms + info(kSigned, element(kOctets, deep)));
  }
  content_of(info(kSigned, deep));
  EXPECT_EQ(problem_->reason, Reason::limit);
}

TEST_F(CmsContentTest, HasNothingToGiveOfSignaturesAndLockedContent) {
  EXPECT_THAT(content_of(signed_message(element(kSequence, kData))), IsEmpty());
  EXPECT_EQ(problem_, std::nullopt);
  EXPECT_THAT(content_of(info(kEnveloped, element(kSequence, kVersion + kNoAlgorithms))),
              IsEmpty());
  EXPECT_EQ(problem_, std::nullopt);
}

TEST_F(CmsContentTest, ReadsArmourAndBareBase64) {
  const std::string message = signed_message(info(kData, element(kOctets, std::string(200, 'c'))));
  const std::string text = base64(as_bytes_of(message));
  for (const std::string& form : {"-----BEGIN PKCS7-----\n" + text + "\n-----END PKCS7-----\n",
                                  "-----BEGIN CMS-----\r\n" + text.substr(0, 64) + "\r\n" +
                                      text.substr(64) + "\r\n-----END CMS-----\r\n",
                                  text + "\n"}) {
    EXPECT_THAT(content_of(form), ElementsAre(std::string(200, 'c')));
    EXPECT_TRUE(looks_like_cms(as_bytes_of(form)));
  }
}

TEST_F(CmsContentTest, RefusesWhatIsDamagedOrCutOff) {
  const std::string good = signed_message(info(kData, element(kOctets, std::string(300, 'c'))));
  ASSERT_THAT(content_of(good), ElementsAre(std::string(300, 'c')));
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, std::size_t{20}, good.size() / 2, good.size() - 1}) {
    content_of(good.substr(0, bytes));
    ASSERT_TRUE(problem_) << bytes;
    EXPECT_EQ(problem_->reason, Reason::unsupported);
  }
  // A length that nothing can hold costs nothing.
  content_of(std::string("\x30\x88\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + good.substr(4));
  EXPECT_EQ(problem_->reason, Reason::unsupported);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "\x30\x80";
  content_of(deep);
  EXPECT_EQ(problem_->reason, Reason::unsupported);
}

TEST(LooksLikeCms, TakesNothingElse) {
  for (const std::string_view other :
       {"", "MIME is a standard", "-----BEGIN CERTIFICATE-----\nMII\n", "\x30\x03\x02\x01\x01",
        "-----BEGIN PGP MESSAGE-----\n", "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"}) {
    EXPECT_FALSE(looks_like_cms(as_bytes_of(other))) << other;
  }
}

}  // namespace
}  // namespace cordon
