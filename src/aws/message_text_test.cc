#include "aws/message_text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace cordon {
namespace {

TEST(MessageText, IsWhatTheReferenceOfSendMessageSays) {
  for (const char* taken : {"", "a", "\t\n\r", " ", "~\x7f", "\xC2\x80", "\uD7FF", "\uE000",
                            "\uFFFD", "\U00010000", "\U0001FFFE", "\U0010FFFF"}) {
    EXPECT_TRUE(is_message_text(taken)) << hex(as_bytes_of(taken));
    EXPECT_EQ(message_body(taken), taken);
    EXPECT_EQ(message_attribute(taken, 100), taken);
  }
  const std::string kRefused[] = {std::string(1, '\0'),
                                  "\x01",
                                  "\x08",
                                  "\x0b",
                                  "\x0c",
                                  "\x1f",
                                  "a\uFFFE",
                                  "\uFFFFz",
                                  "\xED\xA0\x80",
                                  "a\xFF",
                                  "\xF4\x90\x80\x80"};
  for (const std::string& refused : kRefused) {
    EXPECT_FALSE(is_message_text(refused)) << hex(as_bytes_of(refused));
    EXPECT_TRUE(is_message_text(message_body(refused)));
    EXPECT_TRUE(is_message_text(message_attribute(refused, 100)));
  }
}

TEST(MessageText, ABodyStaysTheSameJsonDocument) {
  const std::string body = "{\"key\":\"a\uFFFE\uFFFFb\u00fc\U0001F600\"}";

  EXPECT_EQ(boost::json::parse(message_body(body)), boost::json::parse(body));
  EXPECT_EQ(message_body(body), "{\"key\":\"a\\ufffe\\uffffb\u00fc\U0001F600\"}");
}

TEST(MessageText, AnAttributeIsCutAtACharacter) {
  EXPECT_EQ(message_attribute("a\uFFFEb", 100), "a\uFFFDb");
  EXPECT_EQ(message_attribute("a\uFFFEb", 3), "a");
}

}  // namespace
}  // namespace cordon
