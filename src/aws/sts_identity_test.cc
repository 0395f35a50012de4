#include "aws/sts_identity.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/fake_service_client.h"

namespace cordon {
namespace {

std::string reply(const std::string& account) {
  return "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
         "<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>AIDA</UserId>"
         "<Account>" +
         account + "</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
}

TEST(StsIdentityTest, SaysWhoseCredentialsTheyAre) {
  FakeServiceClient client;
  client.will_answer(200, {}, reply("111122223333"));

  const Result<CallerIdentity> identity = caller_identity(client, Deadline::never(), {});

  ASSERT_TRUE(identity) << identity.error().what;
  EXPECT_EQ(identity->account, AccountId("111122223333"));
  EXPECT_EQ(identity->arn, "arn:aws:iam::111122223333:user/a");
  EXPECT_EQ(client.last_call().body, "Action=GetCallerIdentity&Version=2011-06-15");
}

TEST(StsIdentityTest, AnAccountIsTwelveDigits) {
  FakeServiceClient client;
  for (const std::string& body : {reply(""), reply("1111"), reply("11112222333x"),
                                  reply("../../../../x"), std::string("{}"), std::string()}) {
    SCOPED_TRACE(body);
    client.will_answer(200, {}, body);
    EXPECT_EQ(caller_identity(client, Deadline::never(), {}).error().code, Errc::unavailable);
  }
}

}  // namespace
}  // namespace cordon
