#include "aws/s3_store_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text.h"
#include "testing/fake_service_client.h"
#include "testing/seeded_random.h"
#include "testing/simulated_clock.h"

namespace cordon {
namespace {

/// A bucket as a server with these habits has it: what is there, by path and version.
class Server {
 public:
  Server(StoreTraits habits, bool keeps_versions)
      : habits_(habits), keeps_versions_(keeps_versions) {}

  Result<HttpResponse> answer(const AwsCall& call) {
    EXPECT_TRUE(call.path.starts_with("/.cordon/probe/")) << call.path;
    const auto current = here_.find(call.path);
    if (call.operation == "PutObject") return made(call.path, "", "PutObject");
    if (call.operation == "HeadObject") {
      if (current == here_.end()) return remote_error(Errc::not_found, "");
      return HttpResponse{200, {{"ETag", "\"e\""}, {"Content-Length", "1"}}, ""};
    }
    if (call.operation == "CopyObject") {
      const bool is_other = call.headers.get("x-amz-copy-source-if-match") != "\"e\"";
      const bool is_taken = call.headers.has("If-None-Match") && current != here_.end();
      if ((is_other && habits_.heeds_source) || (is_taken && habits_.heeds_place)) {
        return remote_error(Errc::changed, "PreconditionFailed");
      }
      return made(call.path, habits_.tags_copies ? "yes" : "",
                  "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>");
    }
    if (call.operation == "GetObjectTagging") {
      const bool tagged = current != here_.end() && current->second == "yes";
      const std::string tag = tagged ? "<Tag><Key>cordon-probe</Key><Value>1</Value></Tag>" : "";
      return HttpResponse{200, {}, "<Tagging><TagSet>" + tag + "</TagSet></Tagging>"};
    }
    EXPECT_EQ(call.operation, "DeleteObject");
    if (call.headers.has("If-Match") && habits_.heeds_delete) {
      return remote_error(Errc::changed, "PreconditionFailed");
    }
    here_.erase(call.path);
    if (!call.query.empty()) {
      versions_.erase(call.query.at(0).second);
      return HttpResponse{204, {{"x-amz-version-id", call.query.at(0).second}}, ""};
    }
    return keeps_versions_ ? HttpResponse{204, {{"x-amz-version-id", new_version()}}, ""}
                           : HttpResponse{204, {}, ""};
  }

  bool is_empty() const { return here_.empty() && versions_.empty(); }

 private:
  HttpResponse made(const std::string& path, const std::string& tagged, std::string body) {
    here_[path] = tagged;
    HttpResponse response{200, {{"ETag", "\"e\""}}, std::move(body)};
    if (keeps_versions_) response.headers.add("x-amz-version-id", new_version());
    return response;
  }
  std::string new_version() {
    const std::string version = "v" + std::to_string(++number_);
    versions_[version] = true;
    return version;
  }

  const StoreTraits habits_;
  const bool keeps_versions_;
  int number_ = 0;
  std::map<std::string, std::string> here_;
  std::map<std::string, bool> versions_;
};

class S3StoreProbeTest : public testing::Test {
 protected:
  Result<StoreTraits> traits(StoreProbe& probe) {
    return probe.traits(BucketName("q"), Deadline::never(), {});
  }
  void serve(Server& server) {
    client_.answer_by(
        [&server](const AwsCall& call, Deadline, std::stop_token) { return server.answer(call); });
  }

  FakeServiceClient client_;
  SimulatedClock clock_;
  SeededRandom random_;
};

TEST_F(S3StoreProbeTest, TellsWhatAServerDoesAndLeavesNothing) {
  const StoreTraits kHabits[] = {{},
                                 {.heeds_source = false},
                                 {.heeds_place = false},
                                 {.heeds_delete = false},
                                 {.tags_copies = false},
                                 {false, false, false, false}};
  for (const StoreTraits& habits : kHabits) {
    for (const bool keeps_versions : {false, true}) {
      SCOPED_TRACE(shortcomings_of(habits).value_or("none"));
      Server server(habits, keeps_versions);
      serve(server);
      S3StoreProbe probe(client_, clock_, random_, StoreOwner::other);

      const Result<StoreTraits> found = traits(probe);

      ASSERT_TRUE(found) << found.error().what;
      EXPECT_EQ(*found, habits);
      EXPECT_TRUE(server.is_empty());
    }
  }
}

TEST_F(S3StoreProbeTest, TriesOnce) {
  Server server({}, true);
  serve(server);
  S3StoreProbe probe(client_, clock_, random_, StoreOwner::other);
  ASSERT_TRUE(traits(probe));
  const std::size_t calls = client_.calls().size();

  EXPECT_TRUE(traits(probe));

  EXPECT_EQ(client_.calls().size(), calls);
}

TEST_F(S3StoreProbeTest, AwsIsKnown) {
  S3StoreProbe probe(client_, clock_, random_, StoreOwner::aws);

  EXPECT_EQ(traits(probe).value(), StoreTraits{});

  EXPECT_TRUE(client_.calls().empty());
}

TEST_F(S3StoreProbeTest, AFailureIsNoAnswerAndIsTriedAgain) {
  S3StoreProbe probe(client_, clock_, random_, StoreOwner::other);
  client_.answer_by([](const AwsCall&, Deadline, std::stop_token) -> Result<HttpResponse> {
    return remote_error(Errc::denied, "AccessDenied");
  });
  EXPECT_EQ(traits(probe).error().code, Errc::denied);
  Server server({.heeds_place = false}, false);
  serve(server);

  EXPECT_FALSE(traits(probe).value().heeds_place);
}

}  // namespace
}  // namespace cordon
