#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports/person_store.h"
#include "core/ports/session_store.h"
#include "testing/result_code.h"

namespace cordon {

/// What every PersonStore, and the SessionStore beside it, owes its caller. A Subject sets up empty
/// ones:
///
///   std::string skip_reason() const;      // empty: the suite runs
///   PersonStore& people();
///   SessionStore& sessions();
template <typename Subject>
class PersonStoreContract : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = subject_.skip_reason();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }
  PersonStore& people() { return subject_.people(); }
  SessionStore& sessions() { return subject_.sessions(); }

  static SystemTime at(int minute) {
    return SystemTime(std::chrono::seconds(1'790'000'000) + std::chrono::minutes(minute));
  }
  static Person person(const std::string& name, ApiRole role = ApiRole::admin) {
    return {
        .name = name, .role = role, .password_hash = "$hash", .generation = 7, .created = at(0)};
  }
  static Session session(const std::string& digest, const Person& of) {
    return {.digest = digest,
            .person = of.name,
            .generation = of.generation,
            .created = at(0),
            .last_seen = at(0)};
  }
  std::optional<Errc> add(const Person& one) {
    return code_of(people().add_person(one, Deadline::never(), {}));
  }
  std::optional<Person> find(const std::string& name) {
    return people().find_person(name, Deadline::never(), {}).value();
  }
  std::optional<SignedIn> signed_in(const std::string& digest) {
    return sessions().find_session(digest, Deadline::never(), {}).value();
  }
  std::optional<Errc> change(const std::string& name, const PersonEdit& edit,
                             AdminRule rule = AdminRule::one_stays) {
    return code_of(people().change_person(name, rule, edit, Deadline::never(), {}));
  }

  Subject subject_;
};

TYPED_TEST_SUITE_P(PersonStoreContract);

TYPED_TEST_P(PersonStoreContract, KeepsAllThatIsKnownOfAPerson) {
  Person full = this->person("ada");
  full.invitation = Invitation{std::string("\0digest", 7), this->at(9)};
  full.code_secret = std::string("\xFF\0secret", 8);
  full.code_offered = "other";
  full.code_step = 59'000'000;
  full.is_disabled = true;
  full.generation = std::numeric_limits<std::int64_t>::max();
  const Person plain = Person{.name = "bob", .created = this->at(1)};
  ASSERT_EQ(this->add(full), std::nullopt);
  ASSERT_EQ(this->add(plain), std::nullopt);

  EXPECT_EQ(this->find("ada"), full);
  EXPECT_EQ(this->find("bob"), plain);
  EXPECT_EQ(this->find("Bob"), std::nullopt);
  EXPECT_EQ(this->people().find_invited(full.invitation->digest, Deadline::never(), {}).value(),
            full);
  EXPECT_EQ(this->people().find_invited("other", Deadline::never(), {}).value(), std::nullopt);
  EXPECT_EQ(this->people().people(Deadline::never(), {}).value(),
            (std::vector<Person>{full, plain}));
  EXPECT_EQ(this->add(full), Errc::changed);
}

TYPED_TEST_P(PersonStoreContract, OneIsTheFirstAlsoWhenManyWantToBe) {
  std::atomic<int> made = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        const auto done = this->people().add_first_person(this->person("p" + std::to_string(i)),
                                                          Deadline::never(), {});
        ++(done ? made : refused);
        if (!done) {
          EXPECT_EQ(done.error().code, Errc::changed);
        }
      });
    }
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, 5);
  EXPECT_EQ(this->people().people(Deadline::never(), {}).value().size(), 1U);
}

TYPED_TEST_P(PersonStoreContract, ChangesAllOrNothing) {
  ASSERT_EQ(this->add(this->person("ada")), std::nullopt);

  EXPECT_EQ(this->change("ada",
                         [](Person& one) -> Result<void> {
                           one.code_secret = "s";
                           one.name = "bob";
                           return {};
                         }),
            std::nullopt);
  EXPECT_EQ(this->find("ada")->code_secret, "s");
  EXPECT_EQ(this->change("ada",
                         [](Person& one) -> Result<void> {
                           one.code_secret = "t";
                           return Error{Errc::denied, "no"};
                         }),
            Errc::denied);
  EXPECT_EQ(this->find("ada")->code_secret, "s");
  EXPECT_EQ(this->change("bob", [](Person&) -> Result<void> { return {}; }), Errc::not_found);
}

// What a code that works once rests on.
TYPED_TEST_P(PersonStoreContract, OfChangesAtOnceEachSeesTheOneBefore) {
  ASSERT_EQ(this->add(this->person("ada")), std::nullopt);
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        const auto once = this->change("ada", [](Person& one) -> Result<void> {
          if (one.code_step >= 5) return Error{Errc::denied, "used"};
          one.code_step = 5;
          return {};
        });
        if (!once) ++done;
      });
    }
  }
  EXPECT_EQ(done, 1);
}

TYPED_TEST_P(PersonStoreContract, TheLastAdminStays) {
  ASSERT_EQ(this->add(this->person("ada")), std::nullopt);
  ASSERT_EQ(this->add(this->person("bob", ApiRole::viewer)), std::nullopt);
  const PersonEdit demote = [](Person& one) -> Result<void> {
    one.role = ApiRole::viewer;
    return {};
  };
  const PersonEdit disable = [](Person& one) -> Result<void> {
    one.is_disabled = true;
    return {};
  };
  for (const PersonEdit& edit : {demote, disable}) {
    EXPECT_EQ(this->change("ada", edit), Errc::changed);
  }
  EXPECT_EQ(code_of(this->people().remove_person("ada", Deadline::never(), {})), Errc::changed);
  EXPECT_EQ(this->find("ada"), this->person("ada"));

  ASSERT_EQ(this->add(this->person("cid")), std::nullopt);
  EXPECT_EQ(this->change("ada", demote), std::nullopt);
  EXPECT_EQ(this->change("cid", disable), Errc::changed);
  EXPECT_EQ(this->change("cid", disable, AdminRule::none), std::nullopt);
  EXPECT_TRUE(this->people().remove_person("cid", Deadline::never(), {}));
  EXPECT_EQ(this->find("cid"), std::nullopt);
  EXPECT_EQ(code_of(this->people().remove_person("cid", Deadline::never(), {})), Errc::not_found);
}

TYPED_TEST_P(PersonStoreContract, ASessionCountsAsLongAsItsPersonHasItsGeneration) {
  const Person ada = this->person("ada");
  ASSERT_EQ(this->add(ada), std::nullopt);
  const Session one = this->session("d1", ada);
  ASSERT_TRUE(this->sessions().add_session(one, Deadline::never(), {}));
  EXPECT_EQ(code_of(this->sessions().add_session(one, Deadline::never(), {})), Errc::changed);

  const std::optional<SignedIn> found = this->signed_in("d1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session, one);
  EXPECT_EQ(found->person, ada);
  EXPECT_FALSE(this->signed_in("d2"));

  ASSERT_EQ(this->change("ada",
                         [](Person& who) -> Result<void> {
                           who.generation = 8;
                           return {};
                         }),
            std::nullopt);
  EXPECT_FALSE(this->signed_in("d1"));
}

TYPED_TEST_P(PersonStoreContract, ASessionEndsWithItsPersonAndByItself) {
  const Person ada = this->person("ada");
  const Person bob = this->person("bob");
  ASSERT_EQ(this->add(ada), std::nullopt);
  ASSERT_EQ(this->add(bob), std::nullopt);
  for (const auto& [digest, who] : {std::pair("a1", ada), {"a2", ada}, {"b1", bob}}) {
    ASSERT_TRUE(this->sessions().add_session(this->session(digest, who), Deadline::never(), {}));
  }

  ASSERT_TRUE(this->sessions().end_session("a1", Deadline::never(), {}));
  ASSERT_TRUE(this->sessions().end_session("none", Deadline::never(), {}));
  EXPECT_FALSE(this->signed_in("a1"));
  EXPECT_TRUE(this->signed_in("a2"));
  ASSERT_TRUE(this->people().remove_person("ada", Deadline::never(), {}));
  EXPECT_FALSE(this->signed_in("a2"));
  ASSERT_EQ(this->add(ada), std::nullopt);
  EXPECT_FALSE(this->signed_in("a2")) << "somebody else of the same name";
  EXPECT_TRUE(this->signed_in("b1"));
}

TYPED_TEST_P(PersonStoreContract, StaleSessionsAreForgotten) {
  const Person ada = this->person("ada");
  ASSERT_EQ(this->add(ada), std::nullopt);
  ASSERT_TRUE(this->sessions().add_session(this->session("idle", ada), Deadline::never(), {}));
  ASSERT_TRUE(this->sessions().add_session(this->session("used", ada), Deadline::never(), {}));
  ASSERT_TRUE(this->sessions().touch_session("used", this->at(20), Deadline::never(), {}));
  ASSERT_TRUE(this->sessions().touch_session("used", this->at(10), Deadline::never(), {}));
  ASSERT_TRUE(this->sessions().touch_session("none", this->at(20), Deadline::never(), {}));
  EXPECT_EQ(this->signed_in("used")->session.last_seen, this->at(20));

  EXPECT_EQ(this->sessions().forget_stale_sessions(this->at(29), Deadline::never(), {}).value(),
            0U);
  EXPECT_EQ(this->sessions().forget_stale_sessions(this->at(30), Deadline::never(), {}).value(),
            1U);
  EXPECT_FALSE(this->signed_in("idle"));
  ASSERT_TRUE(this->sessions().touch_session("used", this->at(719), Deadline::never(), {}));
  EXPECT_EQ(this->sessions().forget_stale_sessions(this->at(720), Deadline::never(), {}).value(),
            1U);
}

REGISTER_TYPED_TEST_SUITE_P(PersonStoreContract, KeepsAllThatIsKnownOfAPerson,
                            OneIsTheFirstAlsoWhenManyWantToBe, ChangesAllOrNothing,
                            OfChangesAtOnceEachSeesTheOneBefore, TheLastAdminStays,
                            ASessionCountsAsLongAsItsPersonHasItsGeneration,
                            ASessionEndsWithItsPersonAndByItself, StaleSessionsAreForgotten);

}  // namespace cordon
