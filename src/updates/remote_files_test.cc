#include "updates/remote_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/digest.h"
#include "base/text.h"
#include "testing/signature_place.h"
#include "testing/fake_bucket_catalogue.h"
#include "testing/fake_http_client.h"
#include "testing/fake_object_store.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

class RemoteFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "remote-XXXXXX";
    staging_ = ::mkdtemp(name.data());
    client_.answer_rest([this](const HttpRequest& request, auto, auto) -> Result<HttpResponse> {
      const auto found = pages_.find(request.url.substr(request.url.rfind('/') + 1));
      if (found == pages_.end()) return HttpResponse{.status = 404};
      HttpResponse response{.status = 200, .body = found->second};
      const std::string tag = '"' + hex(sha256(found->second)).substr(0, 8) + '"';
      response.headers.add("ETag", tag);
      if (request.headers.get("If-None-Match") == tag) return HttpResponse{.status = 304};
      ++sent_;
      return response;
    });
  }
  void TearDown() override { fs::remove_all(staging_); }

  Result<void> fetch(const std::string& url = "https://mirror.example/set") {
    return RemoteSource(std::make_unique<HttpFiles>(client_, url))
        .fetch(staging_, Deadline::never(), {});
  }
  std::string content(const std::string& name) const {
    std::ifstream in(staging_ / name, std::ios::binary);
    return in ? std::string(std::istreambuf_iterator<char>(in), {}) : "(none)";
  }
  void list_sums() {
    std::string text;
    for (const auto& [name, body] : pages_) {
      if (name != "SHA256SUMS") text += hex(sha256(body)) + "  " + name + "\n";
    }
    pages_["SHA256SUMS"] = text;
  }

  fs::path staging_;
  FakeHttpClient client_;
  std::map<std::string, std::string> pages_;
  int sent_ = 0;
};

TEST_F(RemoteFilesTest, AMirrorWithoutAListIsAskedForTheOfficialFiles) {
  pages_ = {{"main.cvd", "main"}, {"daily.cvd", "daily"}};

  const auto done = fetch();

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(content("main.cvd"), "main");
  EXPECT_EQ(content("daily.cvd"), "daily");
  EXPECT_EQ(content("bytecode.cvd"), "(none)");
}

TEST_F(RemoteFilesTest, WhatHasNotChangedIsNotSentAgain) {
  pages_ = {{"main.cvd", "main"}, {"daily.cvd", "daily"}};
  ASSERT_TRUE(fetch());
  pages_["daily.cvd"] = "daily 2";
  sent_ = 0;

  ASSERT_TRUE(fetch());

  EXPECT_EQ(sent_, 1);
  EXPECT_EQ(content("daily.cvd"), "daily 2");
}

TEST_F(RemoteFilesTest, AListSaysWhatBelongsToTheSetAndWhatItMustBe) {
  pages_ = {{"own.ndb", "one"}, {"rules.yar", "rule"}};
  list_sums();
  std::ofstream(staging_ / "old.ndb") << "no longer offered";

  const auto done = fetch();

  ASSERT_TRUE(done) << done.error().what;
  EXPECT_EQ(content("own.ndb"), "one");
  EXPECT_EQ(content("rules.yar"), "rule");
  EXPECT_EQ(content("old.ndb"), "(none)");
}

TEST_F(RemoteFilesTest, AFileThatIsNotWhatTheListSaysIsNotTaken) {
  pages_ = {{"own.ndb", "one"}};
  list_sums();
  pages_["own.ndb"] = "another";

  const auto done = fetch();

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::unavailable);
  EXPECT_EQ(content("own.ndb"), "(none)");
}

TEST_F(RemoteFilesTest, SignFilesAreFetchedBesideTheirDatabases) {
  const std::string daily = SignaturePlace::cvd(27780, 1'800'000'000);
  pages_ = {{"main.cvd", SignaturePlace::cvd(62, 1'700'000'000)},
            {"daily.cvd", daily},
            {"daily-27780.cvd.sign", "signed"},
            {"daily-27779.cvd.sign", "yesterday's"}};

  for (const char* url : {"https://mirror.example/set", "http://mirror.example/set"}) {
    SCOPED_TRACE(url);
    fs::remove(staging_ / "daily-27780.cvd.sign");
    const auto done = fetch(url);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(content("daily-27780.cvd.sign"), "signed");
  }
  EXPECT_EQ(content("daily-27779.cvd.sign"), "(none)");
  sent_ = 0;
  ASSERT_TRUE(fetch());
  EXPECT_EQ(sent_, 0);
  list_sums();
  fs::remove(staging_ / "daily-27780.cvd.sign");
  ASSERT_TRUE(fetch());
  EXPECT_EQ(content("daily-27780.cvd.sign"), "signed") << "a list may name them";
}

TEST_F(RemoteFilesTest, ASignFileThatDoesNotArriveIsAnErrorAndOneThatIsNotThereIsNone) {
  pages_ = {{"daily.cvd", SignaturePlace::cvd(27780, 1'800'000'000)}};
  ASSERT_TRUE(fetch());
  pages_["daily-27780.cvd.sign"] = "signed, and so on";
  client_.cut_after = 3;

  EXPECT_FALSE(fetch());

  EXPECT_EQ(content("daily-27780.cvd.sign"), "(none)");
}

TEST_F(RemoteFilesTest, AnEmptyMirrorIsAnError) {
  EXPECT_EQ(fetch().error().code, Errc::not_found);
}

TEST_F(RemoteFilesTest, OverPlainHttpOnlyWhatIsSignedIsTaken) {
  pages_ = {{"own.ndb", "one"}, {"daily.cvd", "daily"}};
  list_sums();

  ASSERT_TRUE(fetch("http://mirror.example/set"));
  EXPECT_EQ(content("own.ndb"), "(none)");
  EXPECT_EQ(content("daily.cvd"), "daily");
  ASSERT_TRUE(fetch("http://127.0.0.1:8080/set"));
  EXPECT_EQ(content("own.ndb"), "one");
  ASSERT_TRUE(fetch("http://localhost.evil.example/set"));
  EXPECT_EQ(content("own.ndb"), "(none)");
}

TEST_F(RemoteFilesTest, ATransferThatIsCutLeavesTheOldFile) {
  pages_ = {{"daily.cvd", "daily"}};
  ASSERT_TRUE(fetch());
  pages_["daily.cvd"] = "daily, and much more";
  client_.cut_after = 3;

  EXPECT_FALSE(fetch());

  EXPECT_EQ(content("daily.cvd"), "daily");
}

TEST_F(RemoteFilesTest, ABucketGivesWhatLiesDirectlyBelowItsPrefix) {
  FakeObjectStore store;
  const BucketName bucket("mirror");
  store.make_bucket(bucket, FakeObjectStore::Versions::on);
  for (const auto& [key, text] : std::map<std::string, std::string>{{"sets/own.ndb", "one"},
                                                                    {"sets/deeper/x.ndb", "x"},
                                                                    {"sets/notes.txt", "n"},
                                                                    {"other.ndb", "o"}}) {
    store.put(bucket, ObjectKey(key), text);
  }
  FakeBucketCatalogue sets(store);
  const auto run = [&] {
    return RemoteSource(std::make_unique<BucketFiles>(store, sets, bucket, "sets/"))
        .fetch(staging_, Deadline::never(), {});
  };

  ASSERT_TRUE(run());
  EXPECT_EQ(content("own.ndb"), "one");
  EXPECT_EQ(content("x.ndb"), "(none)");

  store.put(bucket, ObjectKey("sets/own.ndb"), "two");
  store.put(bucket, ObjectKey("sets/more.ndb"), "three");
  ASSERT_TRUE(run());
  EXPECT_EQ(content("own.ndb"), "two");
  EXPECT_EQ(content("more.ndb"), "three");
}

}  // namespace
}  // namespace cordon
