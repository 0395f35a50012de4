// What works once works once also when two come at the same moment: both have seen that it counts
// before one of them uses it.

#include <gtest/gtest.h>

#include <barrier>
#include <set>
#include <thread>

#include "core/totp.h"
#include "testing/console_world.h"

namespace cordon {
namespace {

namespace json = boost::json;

/// A store in which two who look for the same person wait for each other before they go on.
class MeetingStore final : public PersonStore {
 public:
  explicit MeetingStore(PersonStore& store) : store_(store) {}

  Result<std::vector<Person>> people(Deadline deadline, std::stop_token stop) override {
    return store_.people(deadline, std::move(stop));
  }
  Result<std::optional<Person>> find_person(const std::string& name, Deadline deadline,
                                            std::stop_token stop) override {
    return met(store_.find_person(name, deadline, std::move(stop)));
  }
  Result<std::optional<Person>> find_invited(const std::string& digest, Deadline deadline,
                                             std::stop_token stop) override {
    return met(store_.find_invited(digest, deadline, std::move(stop)));
  }
  Result<void> add_person(const Person& person, Deadline deadline, std::stop_token stop) override {
    return store_.add_person(person, deadline, std::move(stop));
  }
  Result<void> add_first_person(const Person& person, Deadline deadline,
                                std::stop_token stop) override {
    meeting_.arrive_and_wait();
    return store_.add_first_person(person, deadline, std::move(stop));
  }
  Result<Person> change_person(const std::string& name, AdminRule rule, const PersonEdit& edit,
                               Deadline deadline, std::stop_token stop) override {
    return store_.change_person(name, rule, edit, deadline, std::move(stop));
  }
  Result<void> remove_person(const std::string& name, Deadline deadline,
                             std::stop_token stop) override {
    return store_.remove_person(name, deadline, std::move(stop));
  }

 private:
  Result<std::optional<Person>> met(Result<std::optional<Person>> found) {
    meeting_.arrive_and_wait();
    return found;
  }

  PersonStore& store_;
  std::barrier<> meeting_{2};
};

class RacesTest : public testing::Test, protected ConsoleWorld {
 protected:
  /// The statuses of two answers to the same, from two addresses.
  std::multiset<int> both(const std::string& target, const json::object& body) {
    const auto ask_from = [&](const std::string& address) {
      return meeting_pages_
          .answer(request({.address = address}, "POST", target, json::serialize(body)), {})
          .status;
    };
    int there = 0;
    std::jthread other([&] { there = ask_from("192.0.2.2"); });
    const int here = ask_from("192.0.2.1");
    other.join();
    return {here, there};
  }

  MeetingStore meeting_{people};
  ConsolePages meeting_pages_{{store, store, store, store, meeting_, people, people, *passwords,
                               setup, ConsoleFront(), store, desk, [] { return IntakeHealth(); },
                               clock, random, runtime.log, metrics}};
};

TEST_F(RacesTest, AOneTimeCode) {
  Person ada = add_person("ada", ApiRole::admin);
  const PersonEdit begin = [&](Person& stored) -> Result<void> {
    stored.code_secret = new_code_secret(random);
    return {};
  };
  ada = people.change_person("ada", AdminRule::none, begin, Deadline::never(), {}).value();
  const std::string code = code_of(*ada.code_secret, code_step_of(clock.system_now()));

  EXPECT_EQ(both("/api/v1/session", {{"name", "ada"}, {"password", kTestPassword}, {"code", code}}),
            (std::multiset<int>{200, 401}));
  EXPECT_EQ(people.sessions(), 1U);
}

TEST_F(RacesTest, AnInvitation) {
  const std::string secret = new_secret_text(kInvitationPrefix, random);
  Person bob{.name = "bob", .created = clock.system_now()};
  bob.invitation = Invitation{digest_of_secret(secret), bob.created + std::chrono::hours(1)};
  ASSERT_TRUE(people.add_person(bob, Deadline::never(), {}));

  EXPECT_EQ(
      both("/api/v1/session/invitation", {{"invitation", secret}, {"password", kTestPassword}}),
      (std::multiset<int>{200, 401}));
}

TEST_F(RacesTest, TheSetupToken) {
  const std::string token = setup.begin(random);

  EXPECT_EQ(both("/api/v1/setup", {{"token", token}, {"name", "ada"}, {"password", kTestPassword}}),
            (std::multiset<int>{201, 401}));
}

}  // namespace
}  // namespace cordon
