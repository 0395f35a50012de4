#include "aws/s3_xml.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace cordon {
namespace {

const AwsCall kCopy{.service = AwsService::s3, .operation = "CopyObject"};

std::string tagging(const std::string& set) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" +
         set + "</Tagging>";
}

TEST(S3XmlTest, ReadsTagsAsTheyWereWritten) {
  const TagSet kTags{
      {"owner", "Ä & <b> \"q\""}, {"blank", " "}, {"empty", ""}, {"two\nlines", "\t"}};

  const Result<TagSet> read = decode_tagging(encode_tagging(kTags));

  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, kTags);
}

TEST(S3XmlTest, ReadsWhatOtherServersWriteToo) {
  const std::pair<const char*, std::string> kForms[] = {
      {"no namespace, no declaration",
       "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>"},
      {"indented",
       tagging("\n <TagSet>\n  <Tag>\n <Key>a</Key>\n <Value>1</Value>\n</Tag>\n</TagSet>\n")},
      {"CDATA and a comment",
       tagging("<TagSet><Tag><Key>a</Key><Value><!-- x --><![CDATA[1]]></Value></Tag></TagSet>")},
  };
  for (const auto& [form, xml] : kForms) {
    SCOPED_TRACE(form);

    const Result<TagSet> read = decode_tagging(xml);

    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(*read, (TagSet{{"a", "1"}}));
  }
  EXPECT_EQ(*decode_tagging(tagging("<TagSet/>")), TagSet{});
}

// An answer that is taken for "no tags" would cost the owner all of theirs.
TEST(S3XmlTest, TakesNothingElseForATagSet) {
  std::string bomb = "<!DOCTYPE t [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
  std::string many = "<TagSet>";
  for (int i = 0; i < 100; ++i) {
    many += "<Tag><Key>" + std::to_string(i) + "</Key><Value/></Tag>";
  }
  const std::pair<const char*, std::string> kHostile[] = {
      {"nothing", ""},
      {"no XML", "{\"TagSet\": []}"},
      {"cut", tagging("<TagSet><Tag>").substr(0, 90)},
      {"another document", "<Error><Code>AccessDenied</Code></Error>"},
      {"no set", tagging("")},
      {"a tag without value", tagging("<TagSet><Tag><Key>a</Key></Tag></TagSet>")},
      {"something else in the set", tagging("<TagSet><Owner>x</Owner></TagSet>")},
      {"the same key twice", tagging("<TagSet><Tag><Key>a</Key><Value>1</Value></Tag>"
                                     "<Tag><Key>a</Key><Value>2</Value></Tag></TagSet>")},
      {"entities", bomb + tagging("<TagSet><Tag><Key>&b;</Key><Value>1</Value></Tag></TagSet>")},
      {"a hundred tags", tagging(many + "</TagSet>")},
      {"huge", tagging("<TagSet>" + std::string(1U << 20U, ' ') + "</TagSet>")},
      {"a zero byte", tagging("<TagSet/>") + std::string(1, '\0')},
      {"deep", std::string(20'000, '<') + std::string(20'000, '>')},
      {"nested",
       [] {
         std::string deep;
         for (int i = 0; i < 10'000; ++i) deep += "<a>";
         return deep;
       }()},
  };
  for (const auto& [what, xml] : kHostile) {
    SCOPED_TRACE(what);

    const Result<TagSet> read = decode_tagging(xml);

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::unavailable);
  }
}

TEST(S3XmlTest, FindsTheETagOfACopy) {
  const std::string xml =
      "<?xml version=\"1.0\"?>\n   \n<CopyObjectResult><LastModified>2026-11-22T15:50:33.000Z"
      "</LastModified><ETag>&quot;0f343b0931126a20f133d67c2b018a3b&quot;</ETag></CopyObjectResult>";

  const Result<ETag> etag = decode_etag_result(kCopy, xml, "CopyObjectResult");

  ASSERT_TRUE(etag) << etag.error().what;
  EXPECT_EQ(etag->str(), "0f343b0931126a20f133d67c2b018a3b");
}

TEST(S3XmlTest, SeesTheFailureBehindStatus200) {
  const std::tuple<const char*, Errc, ErrorCause> kFailures[] = {
      {"InternalError", Errc::unavailable, ErrorCause::unspecified},
      {"SlowDown", Errc::throttled, ErrorCause::unspecified},
      {"PreconditionFailed", Errc::changed, ErrorCause::unspecified},
      {"AccessDenied", Errc::denied, ErrorCause::access_denied},
      {"KMS.DisabledException", Errc::denied, ErrorCause::kms},
      {"InvalidObjectState", Errc::denied, ErrorCause::archived},
      {"NoSuchKey", Errc::not_found, ErrorCause::unspecified},
  };
  for (const auto& [code, errc, cause] : kFailures) {
    SCOPED_TRACE(code);
    const std::string xml =
        std::string("<Error><Code>") + code + "</Code><Message>m</Message></Error>";

    const Result<ETag> etag = decode_etag_result(kCopy, xml, "CopyObjectResult");

    ASSERT_FALSE(etag);
    EXPECT_EQ(etag.error().code, errc);
    EXPECT_EQ(etag.error().cause, cause);
    EXPECT_EQ(etag.error().remote_code, code);
  }
}

TEST(S3XmlTest, NeverTakesAReplyWithoutETagForSuccess) {
  for (const std::string xml :
       {"", "   ", "<CopyObjectResult/>", "<CopyObjectResult><ETag/></CopyObjectResult>",
        "<CopyObjectResult><ETag>a&#10;X-Evil: 1</ETag></CopyObjectResult>",
        "<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>", "<Error/>",
        "<Error><Code/></Error>"}) {
    SCOPED_TRACE(xml);

    const Result<ETag> etag = decode_etag_result(kCopy, xml, "CopyObjectResult");

    ASSERT_FALSE(etag);
    EXPECT_EQ(etag.error().code, Errc::unavailable);
  }
}

TEST(S3XmlTest, WritesPartsInOrder) {
  const std::vector<ETag> kParts{ETag("one"), ETag("two")};

  EXPECT_EQ(encode_parts(kParts),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Part><PartNumber>1</PartNumber><ETag>\"one\"</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>\"two\"</ETag></Part>"
            "</CompleteMultipartUpload>");
}

TEST(S3XmlTest, WritesTagsForAHeader) {
  EXPECT_EQ(encode_tagging_header({{"a b", "1+2"}, {"ü", "="}}), "a%20b=1%2B2&%C3%BC=%3D");
  EXPECT_EQ(encode_tagging_header({}), "");
}

}  // namespace
}  // namespace cordon
