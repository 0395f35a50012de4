#include "clamav/pdf_streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <tuple>

#include "clamav/members_of.h"

namespace cordon {
namespace {

using namespace std::string_literals;
using ::testing::Contains;
using ::testing::ElementsAre;

const std::string kText = "the content of a stream, the content of a stream";

std::string flate(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  out.resize(size);
  return out;
}

std::string pdf_of(const std::string& objects) {
  return "%PDF-1.7\n" + objects + "trailer\n<< /Root 1 0 R >>\n%%EOF\n";
}

/// One stream with a true length; `entries` are the dictionary's other entries.
std::string stream(const std::string& entries, const std::string& data) {
  return "4 0 obj\n<< " + entries + " /Length " + std::to_string(data.size()) + " >>\nstream\n" +
         data + "\nendstream\nendobj\n";
}

Listing read(const std::string& pdf) { return members_of(read_pdf_streams, pdf); }

TEST(PdfStreams, KnowsAPdf) {
  EXPECT_TRUE(is_pdf(as_bytes_of("%PDF-1.4\n")));
  EXPECT_TRUE(is_pdf(as_bytes_of(std::string(1000, 'x') + "%PDF-2.0\n")));
  EXPECT_FALSE(is_pdf(as_bytes_of(std::string(2000, 'x') + "%PDF-2.0\n")));
  EXPECT_FALSE(is_pdf(as_bytes_of("")));
}

TEST(PdfStreams, GivesEveryStreamDecoded) {
  const Listing listing = read(pdf_of(stream("/Filter /FlateDecode", flate(kText)) +
                                      stream("/Type /EmbeddedFile", "plain\nbytes")));

  EXPECT_THAT(listing.members, ElementsAre(kText, "plain\nbytes"));
  EXPECT_FALSE(listing.problem);
}

TEST(PdfStreams, FindsNothingInAFileWithoutStreams) {
  const Listing listing = read(pdf_of("1 0 obj << /Type /Catalog >> endobj\n"));

  EXPECT_TRUE(listing.members.empty());
  EXPECT_FALSE(listing.problem);
}

TEST(PdfStreams, ReadsADictionaryHoweverItIsWritten) {
  const std::string packed = flate(kText);
  const std::string length = "/Length " + std::to_string(packed.size());
  const std::string end = "\nendstream\nendobj\n";
  const std::pair<const char*, std::string> rows[] = {
      {"no spaces", "4 0 obj<</Filter/FlateDecode" + length + ">>stream\n"},
      {"an escaped name", "4 0 obj << /Fi#6cter /Fl#61te#44ecode " + length + " >> stream\r\n"},
      {"a short name", "4 0 obj << /Filter /Fl " + length + " >> stream\n"},
      {"an array", "4 0 obj << /Filter [ /FlateDecode ] " + length + " >> stream\n"},
      {"a nested array", "4 0 obj << /Filter [[/FlateDecode]] " + length + " >> stream\n"},
      {"short keys", "4 0 obj << /F /Fl " + length + " >> stream\n"},
      {"comments", "4 0 obj % (\n<<%>>\n/Filter%\r/FlateDecode " + length + ">>% x\nstream\n"},
      {"a string with an object in it",
       "4 0 obj << /Filter /FlateDecode /X (5 0 obj <<) " + length + " >> stream\n"},
      {"a string with parentheses",
       "4 0 obj << /X (a (b) \\) >> stream) /Filter /FlateDecode " + length + " >>\nstream\n"},
      {"hexadecimal text", "4 0 obj << /X <3E3E> /Filter /FlateDecode " + length + " >> stream\n"},
      {"no parameters",
       "4 0 obj << /DecodeParms null /Filter /FlateDecode " + length + " >> stream\n"},
      {"an indirect filter",
       "9 0 obj /FlateDecode endobj 4 0 obj << /Filter 9 0 R " + length + " >> stream\n"},
      {"an indirect length",
       "9 0 obj " + std::to_string(packed.size()) +
           " endobj 4 0 obj << /Filter /FlateDecode /Length 9 0 R >> stream\n"},
      {"no length", "4 0 obj << /Filter /FlateDecode >> stream\n"},
      {"a length too short", "4 0 obj << /Filter /FlateDecode /Length 3 >> stream\n"},
      {"a length too long", "4 0 obj << /Filter /FlateDecode /Length 99999 >> stream\n"},
      {"a carriage return", "4 0 obj << /Filter /FlateDecode " + length + " >> stream\r"},
      {"a space behind the word", "4 0 obj << /Filter /FlateDecode " + length + " >> stream \n"},
      {"no object around it", "<< /Filter /FlateDecode " + length + " >>\nstream\n"},
      {"a key without a value", "4 0 obj << /Filter /FlateDecode " + length + " /X >> stream\n"},
  };
  for (const auto& [name, head] : rows) {
    SCOPED_TRACE(name);
    const Listing listing = read(pdf_of(head + packed + end));

    EXPECT_THAT(listing.members, Contains(kText));
    EXPECT_FALSE(listing.problem) << listing.problem->message;
  }
}

TEST(PdfStreams, GivesScriptsThatAreTexts) {
  const std::string hexed = hex(as_bytes_of("app.alert(1)"));
  const std::string rest = "/Length 5 >>\nstream\n12345\nendstream endobj\n";
  const std::string long_script = "(x" + std::string(3'000'000, 'y') + "z)";
  const std::tuple<const char*, std::string, std::string> rows[] = {
      {"literal", "1 0 obj << /S /JavaScript /JS (app.alert\\(1\\)) >> endobj\n", "app.alert(1)"},
      {"with parentheses, escapes and a broken line",
       "1 0 obj << /JS (a\\(\\051 \\\n(b)\\n) >> endobj\n", "a() (b)\n"},
      {"hexadecimal", "1 0 obj << /JS <" + hexed + "> >> endobj\n", "app.alert(1)"},
      {"escaped key", "1 0 obj << /J#53(app.alert) >> endobj\n", "app.alert"},
      {"deep", "1 0 obj << /AA << /O [ << /S /JavaScript /JS (app.alert) >> ] >> >> endobj\n",
       "app.alert"},
      {"by reference", "1 0 obj << /JS 7 0 R >> endobj 7 0 obj (app.alert) endobj\n", "app.alert"},
      {"UTF-16", "1 0 obj << /JS <FEFF006100700070D83DDE00> >> endobj\n", "app\xF0\x9F\x98\x80"},
      {"longer than dictionaries are",
       "1 0 obj << /A " + long_script + " /JS (app.alert) >> endobj\n", "app.alert"},
      {"long itself", "1 0 obj << /JS " + long_script + ">> endobj\n",
       long_script.substr(1, long_script.size() - 2)},
      {"not closed in its object", "1 0 obj << /JS (app.alert) endobj\n", "app.alert"},
      {"in front of a number", "1 0 obj << /JS (app.alert)12 >> endobj\n", "app.alert"},
      {"with nothing between", "1 0 obj <</JS<" + hexed + ">/X 1>> endobj\n", "app.alert(1)"},
      {"in a dictionary that cannot be read", "1 0 obj << /A [foo] /JS (app.alert) endobj\n",
       "app.alert"},
      {"another escaped key", "1 0 obj << /#4a#53 % a comment (\n (app.alert) >> endobj\n",
       "app.alert"},
      {"beside a stream", "1 0 obj << /JS (app.alert) " + rest, "app.alert"},
  };
  for (const auto& [name, objects, script] : rows) {
    SCOPED_TRACE(name);
    const Listing listing = read(pdf_of(objects));

    EXPECT_THAT(listing.members, Contains(script));
    EXPECT_FALSE(listing.problem) << listing.problem->message;
  }
}

TEST(PdfStreams, GivesScriptsInObjectStreams) {
  const std::string objects = "<< /JS (app.alert) >> << /JS 12 0 R >> (app.beep)";
  const std::string pairs = "10 0 11 22 12 39 ";
  const std::string entries =
      "/Type /ObjStm /N 3 /First " + std::to_string(pairs.size()) + " /Filter /FlateDecode";

  const Listing listing = read(pdf_of(stream(entries, flate(pairs + objects))));

  EXPECT_THAT(listing.members, Contains("app.alert"));
  EXPECT_THAT(listing.members, Contains("app.beep"));
  EXPECT_FALSE(listing.problem);
}

TEST(PdfStreams, FindsNoScriptWhereThereIsNone) {
  const Listing listing =
      read(pdf_of("1 0 obj << /JS null /X (app.alert) /Y [(JS)] /JSX (no) /JS 99 0 R >> endobj\n"));

  EXPECT_TRUE(listing.members.empty());
  EXPECT_FALSE(listing.problem);
}

TEST(PdfStreams, FollowsChainsAndPredictors) {
  const std::string hexed = hex(as_bytes_of(flate(kText))) + ">";
  std::string rows;
  for (std::size_t i = 0; i < kText.size(); i += 8) rows += '\0' + kText.substr(i, 8);

  EXPECT_THAT(read(pdf_of(stream("/Filter [/ASCIIHexDecode /FlateDecode]", hexed))).members,
              ElementsAre(kText));
  EXPECT_THAT(read(pdf_of(stream("/Filter [/AHx 7 0 R]", hexed) + "7 0 obj /Fl endobj\n")).members,
              ElementsAre(kText));
  EXPECT_THAT(read(pdf_of(stream("/Filter/FlateDecode/DecodeParms<</Predictor 15/Columns 8>>",
                                 flate(rows))))
                  .members,
              ElementsAre(kText));
  EXPECT_THAT(read(pdf_of(stream("/Filter[/AHx/Fl]/DP[null<</Predictor 12/Columns 7 0 R>>]",
                                 hex(as_bytes_of(flate(rows))) + ">") +
                          "7 0 obj 8 endobj\n"))
                  .members,
              ElementsAre(kText));
}

TEST(PdfStreams, LeavesPicturesAsTheyAreEncoded) {
  const std::string jpeg = "\xFF\xD8\xFF\xE0 and so on";

  EXPECT_THAT(read(pdf_of(stream("/Filter /DCTDecode", jpeg))).members, ElementsAre(jpeg));
  EXPECT_THAT(read(pdf_of(stream("/Filter [/FlateDecode /DCTDecode]", flate(jpeg)))).members,
              ElementsAre(jpeg));
}

/// A picture of 48 samples, object 4.
std::string picture(const std::string& entries) {
  return stream("/Subtype /Image /Width 6 /Height 8 /Filter /FlateDecode " + entries, flate(kText));
}

constexpr const char* kDrawn =
    "3 0 obj << /Type /Page /Resources << /XObject << /Im0 4 0 R >> >> >> endobj\n";

TEST(PdfStreams, LeavesOutPixelsThatAreOnlyDrawn) {
  const std::string mask =
      "5 0 obj << /Type /XObject /Subtype /Image /SMask 4 0 R /Length 0 >> stream\n\nendstream\n";
  EXPECT_TRUE(read(pdf_of(kDrawn + picture(""))).members.empty());
  EXPECT_TRUE(read(pdf_of(picture("/Type /XObject") + kDrawn)).members.empty());
  EXPECT_TRUE(read(pdf_of(mask + picture(""))).members.empty());
  EXPECT_FALSE(read(pdf_of(kDrawn + picture(""))).problem);
}

TEST(PdfStreams, GivesPixelsThatMayBeSomethingElse) {
  const std::string packed = "9 0 << /S /JavaScript /JS 4 0 R >>";
  const std::pair<const char*, std::string> rows[] = {
      {"nothing refers to it", picture("")},
      {"an attachment refers to it",
       kDrawn + "5 0 obj << /EF << /F 4 0 R >> >> endobj\n"s + picture("")},
      {"an escaped key", kDrawn + "5 0 obj << /E#46 << /F 4 0 R >> >> endobj\n"s + picture("")},
      {"a script, in an object stream",
       kDrawn + stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", flate(packed)) +
           picture("")},
      {"an object stream without its type", kDrawn + stream("/N 1 /First 4", packed) + picture("")},
      {"an object that is a reference", kDrawn + "5 0 obj 4 0 R endobj\n"s + picture("")},
      {"an array", kDrawn + "5 0 obj [ 4 0 R ] endobj\n"s + picture("")},
      {"an object that cannot be read",
       kDrawn + "5 0 obj << /EF << (/F 4 0 R >> >> endobj\n"s + picture("")},
      {"it says that it is an attachment", kDrawn + picture("/Type /EmbeddedFile")},
      {"it says that it is two things", kDrawn + picture("/Subtype /Form")},
      {"it says no size", kDrawn + stream("/Subtype /Image /Filter /FlateDecode", flate(kText))},
      {"a key in a picture's own dictionary",
       "3 0 obj << /XObject << /Im0 << /F 4 0 R >> >> >> endobj\n" + picture("")},
  };
  for (const auto& [name, objects] : rows) {
    SCOPED_TRACE(name);
    EXPECT_THAT(read(pdf_of(objects)).members, Contains(kText));
  }
}

TEST(PdfStreams, GivesPixelsThatATableTakesForAnotherObject) {
  // "14 0 obj" and "4 0 obj" are the same object to whoever begins to read at its second digit.
  const std::string drawn = "%PDF-1.7\n3 0 obj << /XObject << /Im0 14 0 R >> >> endobj\n1";
  const std::string body = drawn + picture("");
  const auto table = [&](int number, std::size_t offset) {
    const std::string digits = std::to_string(offset);
    return body + "xref\n" + std::to_string(number) + " 1\n" +
           std::string(10 - digits.size(), '0') + digits + " 00000 n \ntrailer << >>\n";
  };
  const auto table_stream = [&](int number, std::size_t offset) {
    const std::string entry{'\1', static_cast<char>(offset), '\0'};
    return body + "5 0 obj << /Type /XRef /W [1 1 1] /Index [" + std::to_string(number) +
           " 1] /Length 3 >> stream\n" + entry + "\nendstream endobj\n";
  };
  const std::size_t first = drawn.size() - 1;

  EXPECT_TRUE(read(table(14, first)).members.empty());
  EXPECT_THAT(read(table(4, first + 1)).members, ElementsAre(kText));
  EXPECT_THAT(read(table(9, first)).members, ElementsAre(kText));
  EXPECT_EQ(read(table_stream(14, first)).members.size(), 1U);
  EXPECT_THAT(read(table_stream(4, first + 1)).members, Contains(kText));
  EXPECT_THAT(read(table_stream(9, first)).members, Contains(kText));
}

TEST(PdfStreams, ReadsAFilterFromAnObjectStream) {
  const std::string packed = "9 0 10 13 /FlateDecode 42 ";
  const std::string objects =
      stream("/Type /ObjStm /N 2 /First 10 /Filter /FlateDecode", flate(packed)) +
      stream("/Filter 9 0 R", flate(kText));

  const Listing listing = read(pdf_of(objects));

  EXPECT_THAT(listing.members, ElementsAre(packed, kText));
  EXPECT_FALSE(listing.problem);
}

TEST(PdfStreams, ReadsAContradictionInEachWay) {
  const std::string hexed = hex(as_bytes_of(kText)) + ">";
  const Listing twice =
      read(pdf_of(stream("/Filter /ASCIIHexDecode /Filter /RunLengthDecode", hexed)));
  EXPECT_THAT(twice.members, Contains(kText));

  // The first end mark, and where the length says.
  const std::string nested = "first\nendstream\nsecond";
  EXPECT_THAT(read(pdf_of(stream("", nested))).members, ElementsAre(nested, "first"));

  // Two revisions of one object.
  const std::string revised =
      read(pdf_of("7 0 obj /AHx endobj 7 0 obj /A85 endobj\n" + stream("/Filter 7 0 R", hexed)))
          .members.at(1);
  EXPECT_EQ(revised, kText);
}

TEST(PdfStreams, SaysWhatItCouldNotRead) {
  std::string broken = flate(kText);
  broken[2] = 7;
  EXPECT_EQ(read(pdf_of(stream("/Filter /FlateDecode", broken))).reason(), Reason::unsupported);
  EXPECT_EQ(read(pdf_of(stream("/Filter 77 0 R", flate(kText)))).reason(), Reason::unsupported);
  const Listing no_dictionary =
      read(pdf_of("4 0 obj /X ] (( >>\nstream\n" + kText + "\nendstream\n"));
  EXPECT_EQ(no_dictionary.reason(), Reason::unsupported);
  EXPECT_THAT(no_dictionary.members, ElementsAre(kText));
}

TEST(PdfStreams, SaysThatRevisionsDisagreeTooOften) {
  std::string revisions;
  for (int i = 0; i < 9; ++i) revisions += "7 0 obj [ /AHx " + std::to_string(i) + " ] endobj\n";
  EXPECT_EQ(read(pdf_of(revisions + stream("/Filter 7 0 R", "41>"))).reason(), Reason::limit);

  const std::string two = "7 0 obj /AHx endobj 7 0 obj /A85 endobj\n";
  EXPECT_EQ(read(pdf_of(two + stream("/Filter [7 0 R]", "41>"))).reason(), Reason::unsupported);

  std::string same;
  for (int i = 0; i < 20; ++i) same += "7 0 obj /AHx endobj\n";
  EXPECT_FALSE(read(pdf_of(same + stream("/Filter [7 0 R]", "41>"))).problem);
}

TEST(PdfStreams, GoesOnBehindDamage) {
  std::string broken = flate(kText);
  broken[2] = 7;

  const Listing listing = read(pdf_of(stream("/Filter /FlateDecode", broken) +
                                      stream("/Filter /FlateDecode", flate("more"))));

  EXPECT_THAT(listing.members, ElementsAre("more"));
  EXPECT_EQ(listing.reason(), Reason::unsupported);
}

TEST(PdfStreams, ReadsAFileThatIsCutOff) {
  const std::string pdf = pdf_of(stream("", std::string(1000, 'a')));

  const Listing listing = read(pdf.substr(0, 500));

  ASSERT_EQ(listing.members.size(), 1U);
  EXPECT_THAT(listing.members[0], ::testing::StartsWith("aaaa"));
}

TEST(PdfStreams, KeepsToItsLimits) {
  const std::string pdf = pdf_of(stream("/Filter /FlateDecode", flate(std::string(10'000, 'a'))) +
                                 stream("", "second"));
  UnpackLimits limits;
  limits.members_max = 1;
  EXPECT_EQ(members_of(read_pdf_streams, pdf, limits).reason(), Reason::limit);
  limits = {};
  limits.bytes_max = 9'999;
  EXPECT_EQ(members_of(read_pdf_streams, pdf, limits).reason(), Reason::limit);
  limits = {};
  limits.member_bytes_max = 9'999;
  EXPECT_EQ(members_of(read_pdf_streams, pdf, limits).reason(), Reason::too_large);
  limits = {};
  limits.should_stop = [] { return true; };
  EXPECT_TRUE(members_of(read_pdf_streams, pdf, limits).members.empty());
}

TEST(PdfStreams, BoundsWhatOverlappingStreamsCost) {
  // Each of 40,000 streams would reach to the end of the file.
  std::string pdf = "%PDF-1.7\n";
  for (int i = 0; i < 40'000; ++i) pdf += "1 0 obj<<>>stream\n";

  EXPECT_EQ(read(pdf).reason(), Reason::limit);
}

}  // namespace
}  // namespace cordon
