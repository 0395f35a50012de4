// The examples that AWS's documentation of Signature Version 4 works out, so that neither our
// client nor our reading of the text is the judge.

#include "devcloud/access/sigv4_verify.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "devcloud/s3/aws_chunked.h"
#include "testing/devcloud/test_cloud.h"

namespace cordon::cloud {
namespace {

constexpr const char* kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

class DocumentedSignatures : public testing::Test {
 protected:
  DocumentedSignatures() {
    keys_.add({.secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
               .identity = {.access_key = "AKIAIOSFODNN7EXAMPLE", .account = "123456789012"}});
  }

  Verification verify(const ServerRequest& request) {
    return verify_signature(request, *parse_target(request.target), keys_,
                            *parse_rfc3339("2013-05-24T00:00:10Z"));
  }
  static ServerRequest get_object() {
    return {"GET",
            "/test.txt",
            {{"Host", "examplebucket.s3.amazonaws.com"},
             {"Range", "bytes=0-9"},
             {"x-amz-content-sha256", kEmptyHash},
             {"x-amz-date", "20130524T000000Z"},
             {"Authorization",
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
              "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"}},
            "",
            ""};
  }
  static ServerRequest chunked_put() {
    return {"PUT",
            "/examplebucket/chunkObject.txt",
            {{"Host", "s3.amazonaws.com"},
             {"x-amz-date", "20130524T000000Z"},
             {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
             {"Authorization",
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              "SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
              "x-amz-decoded-content-length;x-amz-storage-class,"
              "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"},
             {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
             {"Content-Encoding", "aws-chunked"},
             {"x-amz-decoded-content-length", "66560"},
             {"Content-Length", "66824"}},
            "",
            ""};
  }
  static std::string chunked_body() {
    return "10000;chunk-signature="
           "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
           std::string(65536, 'a') +
           "\r\n400;chunk-signature="
           "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
           std::string(1024, 'a') +
           "\r\n0;chunk-signature="
           "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
  }
  AuthProblem problem_of(const ServerRequest& request) {
    return std::get<AuthFailure>(verify(request)).problem;
  }

  KeyRing keys_;
};

TEST_F(DocumentedSignatures, AHeaderSignatureIsAccepted) {
  const Verification verification = verify(get_object());

  ASSERT_TRUE(std::holds_alternative<Signed>(verification));
  EXPECT_EQ(std::get<Signed>(verification).identity.access_key, "AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(std::get<Signed>(verification).region, "us-east-1");
}

TEST_F(DocumentedSignatures, APresignedUrlIsAccepted) {
  const ServerRequest request{
      "GET",
      "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"
      "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
      "X-Amz-SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
      {{"Host", "examplebucket.s3.amazonaws.com"}},
      "",
      ""};

  EXPECT_TRUE(std::holds_alternative<Signed>(verify(request)));
}

TEST_F(DocumentedSignatures, WhateverIsSignedMustNotChange) {
  ServerRequest request = get_object();
  request.headers.set("Range", "bytes=0-10");
  EXPECT_EQ(problem_of(request), AuthProblem::wrong_signature);

  request = get_object();
  request.target = "/test.txt?acl";
  EXPECT_EQ(problem_of(request), AuthProblem::wrong_signature);

  request = get_object();
  request.method = "DELETE";
  EXPECT_EQ(problem_of(request), AuthProblem::wrong_signature);
}

TEST_F(DocumentedSignatures, AnAmazonHeaderThatIsNotSignedIsRefused) {
  ServerRequest request = get_object();
  request.headers.add("x-amz-tagging", "a=b");

  EXPECT_EQ(problem_of(request), AuthProblem::unsigned_headers);
}

TEST_F(DocumentedSignatures, ChunksAreDecodedAndTheirSignaturesChecked) {
  const Verification verification = verify(chunked_put());
  ASSERT_TRUE(std::holds_alternative<Signed>(verification));
  const std::string body = chunked_body();

  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, body.size()}) {
    std::string decoded;
    AwsChunkedDecoder decoder(std::get<Signed>(verification),
                              [&](std::string_view bytes) { decoded += bytes; });
    for (std::size_t at = 0; at < body.size(); at += piece) {
      ASSERT_TRUE(decoder.write(std::string_view(body).substr(at, piece)));
    }
    EXPECT_TRUE(decoder.finish());
    EXPECT_EQ(decoded, std::string(66560, 'a'));
  }
}

TEST_F(DocumentedSignatures, AChangedChunkIsRefused) {
  const Verification verification = verify(chunked_put());
  std::string body = chunked_body();
  body[60000] = 'b';
  AwsChunkedDecoder decoder(std::get<Signed>(verification), [](std::string_view) {});

  const Answer<void> written = decoder.write(body);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, "SignatureDoesNotMatch");
}

TEST_F(DocumentedSignatures, ChunksThatEndTooSoonAreRefused) {
  const Verification verification = verify(chunked_put());
  AwsChunkedDecoder decoder(std::get<Signed>(verification), [](std::string_view) {});

  ASSERT_TRUE(decoder.write(chunked_body().substr(0, 66000)));

  ASSERT_FALSE(decoder.finish());
}

struct Case {
  const char* what;
  std::function<void(TestCloud::Request&)> change;
  int status;
  const char* code;
};

TEST(SignaturesAtTheDoor, EveryFaultHasItsCode) {
  TestCloud cloud;
  cloud.make_bucket("bucket");
  const Case cases[] = {
      {"good", [](auto&) {}, 200, ""},
      {"no signature", [](auto& r) { r.sign = false; }, 403, "AccessDenied"},
      {"wrong secret", [](auto& r) { r.secret = "x"; }, 403, "SignatureDoesNotMatch"},
      {"unknown key", [](auto& r) { r.access_key = "AKIA"; }, 403, "InvalidAccessKeyId"},
      {"wrong service", [](auto& r) { r.service = "sqs"; }, 400, "AuthorizationHeaderMalformed"},
      {"wrong region", [](auto& r) { r.region = "eu-west-1"; }, 301, "PermanentRedirect"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.what);
    TestCloud::Request request{.target = "/bucket"};
    one.change(request);

    const ServerResponse response = cloud.send(request);

    EXPECT_EQ(response.status, one.status);
    EXPECT_EQ(element(response.body, "Code"), one.code);
  }
}

}  // namespace
}  // namespace cordon::cloud
