#include "clamav/mail_parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "clamav/mail_text.h"
#include "clamav/member_feed.h"

namespace cordon {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class MailPartsTest : public testing::Test {
 protected:
  std::vector<std::string> parts_of(std::string_view mail) {
    std::vector<std::string> parts;
    const Unpacking unpacking =
        read_mail_parts(as_bytes_of(mail), temp_, limits_, [&](std::span<const std::byte> part) {
          parts.emplace_back(text_of(part));
          return parts.size() < stop_after_;
        });
    problem_ = unpacking.problem;
    return parts;
  }

  std::filesystem::path temp_ = std::filesystem::temp_directory_path();
  UnpackLimits limits_;
  std::size_t stop_after_ = 1'000'000;
  std::optional<LayerProblem> problem_;
};

std::string with(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

const std::string kHead = "From: a@example.org\nSubject: parts\nMIME-Version: 1.0\n";

/// Two parts, the second in base64.
const std::string kMixed = kHead +
                           "Content-Type: multipart/mixed; boundary=\"b1\"\n\n"
                           "preamble\n--b1\nContent-Type: text/plain\n\nfirst\nline\n"
                           "--b1\nContent-Type: application/octet-stream\n"
                           "Content-Transfer-Encoding: base64\n\nc2Vjb25k\n--b1--\nepilogue\n";

TEST_F(MailPartsTest, GivesEachPartAndWhatIsAroundThem) {
  EXPECT_THAT(parts_of(kMixed), ElementsAre("preamble", "first\nline", "second", "epilogue\n"));
  EXPECT_EQ(problem_, std::nullopt);
}

TEST_F(MailPartsTest, GivesTheBodyOfAMailWithoutParts) {
  EXPECT_THAT(parts_of(kHead + "\nbody\n"), ElementsAre("body\n"));
  EXPECT_THAT(
      parts_of(kHead + "Content-Transfer-Encoding: quoted-printable\n\na=3Db=\n c=\t\nd= e\n"),
      ElementsAre("a=b cd= e\n"));
  EXPECT_THAT(parts_of(kHead), IsEmpty());
  EXPECT_THAT(parts_of(kHead + "\n \n\t\n"), IsEmpty());
  EXPECT_THAT(parts_of(""), IsEmpty());
}

TEST_F(MailPartsTest, ReadsEachEndOfLine) {
  EXPECT_THAT(parts_of(with(kMixed, "\n", "\r\n")),
              ElementsAre("preamble", "first\r\nline", "second", "epilogue\r\n"));
  EXPECT_THAT(parts_of(with(kMixed, "\n", "\r")),
              AllOf(Contains("preamble"), Contains("first\rline"), Contains("second")));
}

TEST_F(MailPartsTest, ReadsUtf16) {
  std::string little;
  std::string big;
  for (const char c : kMixed) {
    little.append({c, '\0'});
    big.append({'\0', c});
  }

  for (const std::string& mail : {little, big, "\xFF\xFE" + little, "\xFE\xFF" + big}) {
    EXPECT_THAT(parts_of(mail), ElementsAre("preamble", "first\nline", "second", "epilogue\n"));
    EXPECT_TRUE(looks_like_mail(as_bytes_of(mail)));
  }
}

TEST_F(MailPartsTest, ReadsEachWayToWriteABoundary) {
  for (const std::string_view parameter :
       {"multipart/mixed; boundary=b1", "MULTIPART/Mixed ;\n\tBOUNDARY = \"b1\"",
        "multipart/mixed (a comment; boundary=x);\n boundary=\"b\\1\" (another)",
        "multipart/mixed; boundary*0=b; boundary*1=1",
        "multipart/mixed; boundary*1*=1; boundary*0=b", "multipart/mixed; boundary*=us-ascii''b%31",
        "multipart/mixed; charset=x boundary=b1", "multipart/mixed boundary=b1",
        "multipart/mixed; boundary='b1'", "multipart/mixed;boundary=b1;",
        "multipart/mixed; boundary=\"b1  \"", "multipart/mixed; boundary=\"b1",
        "multipart / mixed; boundary=b1 charset=y", "application/x-unknown; boundary=b1",
        "multipart/mixed"}) {
    SCOPED_TRACE(parameter);
    const std::string mail = with(kMixed, "multipart/mixed; boundary=\"b1\"", parameter);

    EXPECT_THAT(parts_of(mail), AllOf(Contains("first\nline"), Contains("second")));
  }
}

TEST_F(MailPartsTest, ReadsOddHeadersInEachWay) {
  for (const std::string_view type : {
           "Content-Type : multipart/mixed; boundary=b1",
           "content-type:multipart/mixed;boundary=b1",
           "Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=b1",
           "no field at all\nContent-Type: multipart/mixed; boundary=b1",
           "Content-Type: multipart/mixed;\n \n boundary=b1",
           "Content-Type: multipart/mixed; boundary=b1\nno field at all",
       }) {
    SCOPED_TRACE(type);
    const std::string mail = with(kMixed, "Content-Type: multipart/mixed; boundary=\"b1\"", type);

    EXPECT_THAT(parts_of(mail), AllOf(Contains("first\nline"), Contains("second")));
  }
}

TEST_F(MailPartsTest, FindsHeadersThatComeLate) {
  EXPECT_THAT(parts_of("\n\n" + kMixed), Contains("second"));
  EXPECT_THAT(parts_of("Prose in front.\nMore of it.\n\n" + kMixed), Contains("second"));
  EXPECT_THAT(parts_of(kHead + "\nThis came back:\n\nContent-Type: text/x\n"
                               "Content-Transfer-Encoding: base64\n\nc2Vjb25k\n"),
              Contains("second"));
}

TEST_F(MailPartsTest, NeedsNoBlankLineBetweenHeadersAndBody) {
  EXPECT_THAT(parts_of(with(kMixed, "base64\n\n", "base64\n")), Contains("second"));
}

TEST_F(MailPartsTest, ReadsAPartWithoutAnEnd) {
  EXPECT_THAT(parts_of(kMixed.substr(0, kMixed.find("\n--b1--"))),
              ElementsAre("preamble", "first\nline", "second"));
}

TEST_F(MailPartsTest, ReadsWhatComesBehindTheEnd) {
  EXPECT_THAT(parts_of(kMixed + "--b1\n\nlate part\n"),
              AllOf(Contains("second"), Contains("late part\n")));
  EXPECT_THAT(parts_of(with(kMixed, "--b1\nContent-Type: text", "--b1 \t\nContent-Type: text")),
              Contains("first\nline"));
}

TEST_F(MailPartsTest, FollowsBothReadingsOfABoundaryOfANeighbour) {
  const std::string mail =
      kHead +
      "Content-Type: multipart/mixed; boundary=out\n\n--out\n"
      "Content-Type: multipart/mixed; boundary=in\n\n--in\n\none\n--in--\n--out\n"
      "Content-Transfer-Encoding: base64\n\nc2Vj\n--in\nb25k\n--out--\n";

  // The line is no boundary there, and its letters are base64 too.
  EXPECT_THAT(parts_of(mail),
              AllOf(Contains("one"), Contains("sec\x8A\x76\xF6\xE6"), Contains("sec")));
}

TEST_F(MailPartsTest, FollowsBothReadingsOfABareCr) {
  const std::string mail = with(kMixed, "c2Vjb25k", "c2Vj\r--b1\rb25k");

  EXPECT_THAT(parts_of(mail), AllOf(Contains("sec"), Contains("sec\x6F\x56\xF6\xE6")));
}

TEST_F(MailPartsTest, ReadsPartsInParts) {
  const std::string inner = with(with(kMixed, "b1", "b2"), kHead, "");
  const std::string mail = kHead + "Content-Type: multipart/related; boundary=b1\n\n--b1\n" +
                           inner + "\n--b1\n\nlast\n--b1--\n";

  EXPECT_THAT(parts_of(mail),
              ElementsAre("preamble", "first\nline", "second", "epilogue\n", "last"));
}

TEST_F(MailPartsTest, ReadsForwardedMails) {
  const std::string plain = kHead + "Content-Type: multipart/digest; boundary=d\n\n--d\n\n" +
                            kMixed + "\n--d\nContent-Type: message/rfc822\n\n" + kHead +
                            "\nlast\n--d--\n";
  EXPECT_THAT(parts_of(plain), AllOf(Contains("second"), Contains("last")));

  const std::string encoded =
      kHead + "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" +
      base64(as_bytes_of(kMixed)) + "\n";
  EXPECT_THAT(parts_of(encoded), AllOf(Contains(kMixed), Contains("second")));
}

TEST_F(MailPartsTest, ReadsAMultipartThatIsEncodedAsAWhole) {
  const std::size_t body = kMixed.find("\n\n") + 2;
  const std::string mail = kMixed.substr(0, body - 1) + "Content-Transfer-Encoding: base64\n\n" +
                           base64(as_bytes_of(std::string_view(kMixed).substr(body))) + "\n";

  EXPECT_THAT(parts_of(mail), Contains("second"));
}

TEST_F(MailPartsTest, GivesEachReadingOfContradictoryEncodings) {
  EXPECT_THAT(parts_of(kHead + "Content-Transfer-Encoding: base64\n"
                               "Content-Transfer-Encoding: quoted-printable\n\nYWJj=\nZA==\n"),
              AllOf(Contains("abcd"), Contains("YWJjZA=")));
  EXPECT_THAT(parts_of(kHead + "Content-Transfer-Encoding: base64\n\nThis is text, not base64.\n"),
              Contains("This is text, not base64.\n"));
  EXPECT_THAT(parts_of(kHead + "Content-Transfer-Encoding: x-new\n\nYWJj\n"),
              ElementsAre("YWJj\n"));
}

TEST_F(MailPartsTest, KnowsOddlySpelledEncodings) {
  for (const std::string_view spelling :
       {"BASE64", "\"base64\"", "base64;", "base64 (really)", "base-64", "(x) base64", "Base64,"}) {
    SCOPED_TRACE(spelling);
    EXPECT_THAT(
        parts_of(kHead + "Content-Transfer-Encoding: " + std::string(spelling) + "\n\nYWJj\n"),
        Contains("abc"));
  }
}

TEST_F(MailPartsTest, ReadsBase64WithJunkAndInPieces) {
  EXPECT_THAT(parts_of(with(kMixed, "c2Vjb25k", "c2!Vj\r\n b2*5k")), Contains("second"));
  EXPECT_THAT(parts_of(with(kMixed, "c2Vjb25k", "c2U=\nY29u\nZA==")), Contains("second"));
}

TEST_F(MailPartsTest, GivesWhatIsEncodedWithinText) {
  EXPECT_THAT(parts_of(kHead + "\nsee\nbegin 644 a.txt\n#0V%T\n`\nend\nbye\n"), Contains("Cat"));
  EXPECT_THAT(
      parts_of(kHead + "Content-Type: application/x-y\nContent-Transfer-Encoding: x-uuencode\n"
                       "\nbegin 644 a.txt\n#0V%T\n`\nend\n"),
      Contains("Cat"));
  EXPECT_THAT(parts_of(kHead + "\nbegin-base64 644 a\nQ2F0\n====\n"), Contains("Cat"));
  EXPECT_THAT(parts_of(kHead + "\n=ybegin line=128 size=4 name=a\nm\x8B\x9E=}\n=yend size=4\n"),
              Contains("Cat\x13"));
  EXPECT_EQ(problem_, std::nullopt);
  EXPECT_THAT(parts_of(kHead + "\nWe begin 644 times.\nbegin\nend\n"), testing::SizeIs(1));
}

TEST_F(MailPartsTest, GivesTheForksOfABinHexFile) {
  // Name "a", type and creator "TEXT", a data fork of "abc" and five more "c", a resource fork of
  // "r".
  const std::string packed =
      std::string("\1a\0TEXTTEXT\0\0\0\0\0\x08\0\0\0\1ss", 23) + "abc\x90\x06" + "ss" + "r" + "ss";
  constexpr std::string_view kAlphabet =
      "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
  std::string text;
  unsigned bits = 0;
  int known = 0;
  for (const char c : packed + "\0") {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (known += 8; known >= 6; known -= 6) text += kAlphabet[bits >> (known - 6) & 0x3FU];
  }

  EXPECT_THAT(
      parts_of(kHead + "\n(This file must be converted with BinHex 4.0)\n:" + text + "!!:\n"),
      AllOf(Contains("abcccccc"), Contains("r")));
  EXPECT_EQ(problem_, std::nullopt);
  EXPECT_THAT(parts_of(kHead + "\n(This file must be converted with BinHex 4.0)\n:" +
                       text.substr(0, 36) + ":\n"),
              Contains("abc"));
  EXPECT_EQ(problem_->reason, Reason::unsupported);
}

TEST_F(MailPartsTest, SplitsAMailbox) {
  const std::string mailbox = "From a Mon Jan  1 00:00:00 2024\n" + kMixed +
                              "\nFrom here on it is text.\n\nFrom b Mon Jan  1 00:00:00 2024\n" +
                              kHead + "\nlast\n";

  EXPECT_THAT(parts_of(mailbox), ElementsAre("preamble", "first\nline", "second",
                                             "epilogue\n\nFrom here on it is text.\n\n", "last\n"));
}

TEST_F(MailPartsTest, JoinsAMailThatItsTextDivides) {
  const std::string divided = with(kMixed, "c2Vjb25k", "c2Vj\nFrom b\nX: y\n\nb25k");

  EXPECT_THAT(
      parts_of("From a\n" + divided + "From c\n" + kHead + "\nlast\n"),
      AllOf(Contains("sec"), Contains("last\n"), Contains(testing::StartsWith("sec\x16\xBA\x26"))));
}

TEST_F(MailPartsTest, ReadsFormBodiesAndAnswersFromTheWeb) {
  const std::string form =
      "--x\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nfile\r\n"
      "--x\r\nContent-Disposition: form-data; name=\"g\"\r\n\r\nvalue\r\n--x--\r\n";
  EXPECT_THAT(parts_of(form), ElementsAre("file", "value"));
  EXPECT_TRUE(looks_like_mail(as_bytes_of(form)));

  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n";
  EXPECT_THAT(parts_of(answer), Contains("abc0123456789"));
  EXPECT_TRUE(looks_like_mail(as_bytes_of(answer)));
}

TEST_F(MailPartsTest, RefusesAMailThatContinuesInAnother) {
  const std::string type = "message/partial; id=x; number=1; total=";
  EXPECT_THAT(parts_of(kHead + "Content-Type: " + type + "2\n\nhalf\n"), Contains("half\n"));
  EXPECT_EQ(problem_->reason, Reason::unsupported);
  parts_of(kHead + "Content-Type: message/partial; id=x; number=1\n\nhalf\n");
  EXPECT_EQ(problem_->reason, Reason::unsupported);
  parts_of(kHead + "Content-Type: " + type + "1\n\nall\n");
  EXPECT_EQ(problem_, std::nullopt);
  parts_of(kHead +
           "\n=ybegin part=1 total=2 line=128 size=9 name=a\n=ypart begin=1 end=3\nmmm\n=yend\n");
  EXPECT_EQ(problem_->reason, Reason::unsupported);
}

TEST_F(MailPartsTest, StopsWhenAskedAndAtItsLimits) {
  stop_after_ = 2;
  EXPECT_THAT(parts_of(kMixed), testing::SizeIs(2));
  EXPECT_EQ(problem_, std::nullopt);
  stop_after_ = 1000;
  limits_ = {.members_max = 2};
  parts_of(kMixed);
  EXPECT_EQ(problem_->reason, Reason::limit);
  limits_ = {.bytes_max = 10};
  parts_of(kMixed);
  EXPECT_EQ(problem_->reason, Reason::limit);
  limits_ = {.member_bytes_max = 9};
  parts_of(kMixed);
  EXPECT_EQ(problem_->reason, Reason::too_large);
  limits_ = {.should_stop = [] { return true; }};
  EXPECT_THAT(parts_of(kMixed), IsEmpty());
}

TEST_F(MailPartsTest, PassesLargePartsThroughAFile) {
  const std::string large(9'000'000, 'x');
  const std::string mail = with(kMixed, "c2Vjb25k", base64(as_bytes_of(large)));
  EXPECT_THAT(parts_of(mail), Contains(large));

  temp_ = "/dev/null/no-folder";
  parts_of(mail);
  EXPECT_EQ(problem_->reason, Reason::staging);
}

TEST_F(MailPartsTest, BoundsDepth) {
  std::string mail = kHead + "\nlast\n";
  for (int i = 0; i < 20; ++i) {
    mail = kHead + "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" +
           base64(as_bytes_of(mail)) + "\n";
  }
  parts_of(mail);
  EXPECT_EQ(problem_->reason, Reason::limit);

  std::string nested = kHead;
  for (int i = 0; i < 200; ++i) {
    const std::string name = "b" + std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=" + name + "\n\n--" + name + "\n";
  }
  parts_of(nested + "\nlast\n");
  EXPECT_EQ(problem_->reason, Reason::limit);
}

TEST_F(MailPartsTest, RefusesMoreBoundariesThanItKeeps) {
  std::string type = "multipart/mixed; boundary=" + std::string(300, 'x');
  parts_of(kHead + "Content-Type: " + type + "\n\ntext\n");
  EXPECT_EQ(problem_->reason, Reason::limit);
  type = "multipart/mixed";
  std::string text;
  for (int i = 0; i < 1'100; ++i) {
    if (i < 100) type += "; boundary=b" + std::to_string(i);
    text += "--c" + std::to_string(i) + "\nContent-Type: text/plain\n\ntext\n";
  }
  parts_of(kHead + "Content-Type: " + type + "\n\ntext\n");
  EXPECT_EQ(problem_->reason, Reason::limit);
  parts_of(kHead + "\n" + text);
  EXPECT_EQ(problem_->reason, Reason::limit);
}

TEST_F(MailPartsTest, BoundsWorkOnManyWaysToReadAMail) {
  // Each part has a boundary of its own that occurs in all others.
  std::string mail = kHead + "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 2'000; ++i) {
    mail += "--b\nContent-Type: text/plain; boundary=b" + std::to_string(i % 7) +
            "\nno field\n \n\r--b" + std::to_string(i % 5) +
            "\rContent-Type: text/x; boundary=c\n\nx\n--c\n";
  }
  std::uint64_t steps = 0;
  limits_.should_stop = [&] { return ++steps > 50'000'000; };

  parts_of(mail);

  EXPECT_LT(steps, 50'000'000U);
}

TEST(LooksLikeMail, TakesMailAndNothingElse) {
  for (const std::string& mail :
       {kMixed, "\xEF\xBB\xBF" + kMixed, "\r\n\r\n" + kMixed, "From x Mon\n" + kMixed,
        with(kMixed, "\n", "\r"), std::string("Received: by x\nSubject: y\n\nz"),
        std::string("From: a\nTo: b\nSubject: c\n\nd")}) {
    EXPECT_TRUE(looks_like_mail(as_bytes_of(mail))) << mail.substr(0, 60);
  }
  for (const std::string_view other :
       {"", "Dear all,\nFrom: time to time.\n", "from: a\nto: b\nlist:\n  - x\n", "{\"from\": 1}",
        "#include <x>\n", "--option\nvalue\n", "Subject: a book\nby somebody\n", "key: value\n",
        "---\ntitle: x\ndate: y\n---\n"}) {
    EXPECT_FALSE(looks_like_mail(as_bytes_of(other))) << other;
  }
}

}  // namespace
}  // namespace cordon
