#include "core/person.h"

#include <gtest/gtest.h>

#include "core/secret_text.h"
#include "core/session.h"
#include "testing/seeded_random.h"

namespace cordon {
namespace {

TEST(Person, HasANameOfPlainCharacters) {
  for (const char* name : {"ada", "a", "ada.l-2_x+y@example.org"}) {
    EXPECT_TRUE(check_person_name(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("Ada"), std::string("a b"), std::string("a\n"),
        std::string("a:b"), std::string("\xC3\xBC"), std::string(65, 'a')}) {
    EXPECT_FALSE(check_person_name(name)) << name;
  }
}

TEST(Person, HasAPasswordThatIsLongAndNotPlain) {
  EXPECT_TRUE(check_password("correct horse", "ada"));
  EXPECT_TRUE(check_password("p\xC3\xA4ssword-for-me", "ada"));
  for (const std::string& password :
       {std::string("short one 1"), std::string(257, 'x'), std::string("aaaaaaaaaaaaaaaa"),
        std::string("abababababababab"), std::string("correct horse \xFF"),
        std::string("the Ada lovelace")}) {
    EXPECT_FALSE(check_password(password, "ada")) << password;
  }
}

TEST(Person, AnAdminActsWhoCanSignIn) {
  Person admin{.name = "ada", .role = ApiRole::admin, .password_hash = "x"};
  EXPECT_TRUE(is_acting_admin(admin));
  Person other = admin;
  other.name = "bob";
  Person changed = admin;
  changed.role = ApiRole::operator_;

  EXPECT_FALSE(has_acting_admin({admin}, changed));
  EXPECT_TRUE(has_acting_admin({admin, other}, changed));
  other.is_disabled = true;
  EXPECT_FALSE(has_acting_admin({admin, other}, changed));
  other = Person{.name = "bob", .role = ApiRole::admin};
  EXPECT_FALSE(has_acting_admin({admin, other}, changed)) << "has not chosen a password";
}

TEST(Session, EndsWhenItIsNotUsedAndAfterAWhileInAnyCase) {
  const SystemTime begun(std::chrono::hours(1'000));
  Session session{.created = begun, .last_seen = begun};

  EXPECT_TRUE(is_fresh(session, begun + kSessionIdle - std::chrono::seconds(1)));
  EXPECT_FALSE(is_fresh(session, begun + kSessionIdle));
  session.last_seen = begun + kSessionLife - std::chrono::minutes(1);
  EXPECT_TRUE(is_fresh(session, begun + kSessionLife - std::chrono::seconds(1)));
  EXPECT_FALSE(is_fresh(session, begun + kSessionLife));
}

TEST(Session, TheTokenOfItsPagesIsNoOthers) {
  SeededRandom random;
  const std::string one = new_secret_text(kSessionPrefix, random);
  const std::string other = new_secret_text(kSessionPrefix, random);

  EXPECT_NE(csrf_token_of(one), csrf_token_of(other));
  EXPECT_EQ(csrf_token_of(one).size(), 43U);
  EXPECT_EQ(one.find(csrf_token_of(one)), std::string::npos);
  EXPECT_TRUE(is_secret_text(kSessionPrefix, one));
  EXPECT_FALSE(is_secret_text(kSetupPrefix, one));
  EXPECT_FALSE(is_secret_text(kSessionPrefix, one + "x"));
}

}  // namespace
}  // namespace cordon
