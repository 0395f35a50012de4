#include "provision/policy_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cordon {
namespace {

constexpr const char* kOurs = R"({"Sid":"Ours","Effect":"Deny"})";

TEST(PolicyText, FindsStatementsWhateverTheDocumentLooksLike) {
  struct Case {
    const char* text;
    std::size_t count;
    bool is_list;
    const char* last;
  };
  const Case kCases[] = {
      {R"({"Statement":[{"Sid":"a"}]})", 1, true, R"({"Sid":"a"})"},
      {R"( {"Version" : "2012-10-17", "Statement" : [ {"Sid":"a"} , {"Sid":"b"} ] , "Id":"x" } )",
       2, true, R"({"Sid":"b"})"},
      {R"({"Statement":{"Sid":"a","Resource":["x","y"]},"Version":"2012-10-17"})", 1, false,
       R"({"Sid":"a","Resource":["x","y"]})"},
      {R"({"Id":"\"Statement\":[{}]","Statement":[{"Sid":"}],[{\\\""}]})", 1, true,
       R"({"Sid":"}],[{\\\""})"},
      {R"({"Id":{"Statement":[]},"Statement":[{"Sid":"in"}]})", 1, true, R"({"Sid":"in"})"},
  };
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.text);

    const auto policy = PolicyText::parse(one.text);

    ASSERT_TRUE(policy) << policy.error().what;
    ASSERT_EQ(policy->count(), one.count);
    EXPECT_EQ(policy->is_list(), one.is_list);
    EXPECT_EQ(policy->statement(one.count - 1), one.last);
  }
}

TEST(PolicyText, RefusesWhatIsNoPolicy) {
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("{}"),
        std::string(R"({"Statement":7})"), std::string(R"({"Statement":[]})"),
        std::string(R"({"\u0053tatement":[{"Sid":"a"}]})"),
        std::string(R"({"Statement":[{"Sid":"a"}],"Statement":[{"Sid":"b"}]})"),
        std::string(R"({"Statement":{"Sid":"a"},"Statement":{"Sid":"b"}})"),
        R"({"Statement":[{}]})" + std::string(20'480, ' '), std::string(40'000, '[')}) {
    SCOPED_TRACE(text.substr(0, 60));
    EXPECT_EQ(PolicyText::parse(text).error().code, Errc::invalid);
  }
}

// A document as somebody may have written it: spaces anywhere, one or many statements.
std::string written(const std::vector<std::string>& sids, const std::string& space, bool list) {
  std::string out = space + "{" + space + R"("Version":)" + space + R"("2012-10-17",)" + space +
                    R"("Statement")" + space + ":" + space;
  if (list) out += "[" + space;
  for (std::size_t i = 0; i < sids.size(); ++i) {
    if (i > 0) out += space + "," + space;
    out += "{" + space + R"("Sid":")" + sids[i] + R"(","Resource":["a","]"]})";
  }
  if (list) out += space + "]";
  return out + space + "}" + space;
}

RC_GTEST_PROP(PolicyText, WhatWasPutInComesOutAndLeavesEveryByte, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 6);
  const bool list = count > 1 || *rc::gen::arbitrary<bool>();
  const auto space = *rc::gen::container<std::string>(rc::gen::element(' ', '\n', '\t'));
  std::vector<std::string> sids;
  for (std::size_t i = 0; i < count; ++i) {
    sids.push_back(*rc::gen::element<std::string>("a", "{", "]", ",", "\\\"", "\\\\", ""));
  }
  const std::string before = written(sids, space.substr(0, 20), list);
  const auto policy = PolicyText::parse(before);
  RC_ASSERT(policy.ok());
  RC_ASSERT(policy->count() == count);

  const auto with = PolicyText::parse(policy->with(kOurs));
  RC_ASSERT(with.ok());
  RC_ASSERT(with->count() == count + 1);
  RC_ASSERT(with->sid(count) == "Ours");
  for (std::size_t i = 0; i < count; ++i) RC_ASSERT(with->statement(i) == policy->statement(i));

  RC_ASSERT(with->without(count, !list) == before);
}

TEST(PolicyText, WhatOthersAddedMeanwhileStays) {
  const auto policy =
      PolicyText::parse(R"({"Statement":[{"Sid":"Ours"}, {"Sid":"b"},{"Sid":"c"}]})");

  EXPECT_EQ(policy->without(0, true), R"({"Statement":[{"Sid":"b"},{"Sid":"c"}]})");
  EXPECT_EQ(policy->with_replaced(0, "{}"), R"({"Statement":[{}, {"Sid":"b"},{"Sid":"c"}]})");
}

}  // namespace
}  // namespace cordon
