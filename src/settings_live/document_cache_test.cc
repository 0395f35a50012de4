#include "settings_live/document_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"

namespace cordon {
namespace {

class DocumentCacheTest : public testing::Test {
 protected:
  DocumentCacheTest() { std::filesystem::remove_all(folder_); }
  ~DocumentCacheTest() override { std::filesystem::remove_all(folder_); }

  std::string content() { return read_small_file(file_, 1 << 20).value(); }
  void damage(const std::string& content) {
    std::filesystem::create_directories(file_.parent_path());
    ASSERT_TRUE(write_file_atomically(file_, content));
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("settings-cache-" + std::to_string(::getpid()));
  const std::filesystem::path file_ = folder_ / "state" / "settings";
  DocumentCache cache_{file_, "s3://system/settings.json"};
  const StoredDocument stored_{.document = "{\"schema\": 1}\n\nmore\n", .etag = ETag("e-1")};
};

TEST_F(DocumentCacheTest, GivesBackWhatItWasGiven) {
  EXPECT_EQ(cache_.load().error().code, Errc::not_found);

  const Result<void> saved = cache_.save(stored_);
  ASSERT_TRUE(saved) << saved.error().what;

  EXPECT_EQ(cache_.load().value(), stored_);
}

TEST_F(DocumentCacheTest, RecognisesDamage) {
  ASSERT_TRUE(cache_.save(stored_));
  const std::string good = content();
  std::vector<std::string> damaged = {"", "\n\n\n\n\n", "{}", good + "x", good.substr(1)};
  for (std::size_t at = 0; at < good.size(); ++at) {
    damaged.push_back(good.substr(0, at));
    if (good.compare(at, 3, "e-1") == 0) at += 3;  // The ETag is no secret and needs no proof.
    damaged.push_back(good);
    damaged.back()[at] = static_cast<char>(damaged.back()[at] ^ 1);
  }
  for (const std::string& content : damaged) {
    SCOPED_TRACE(content);
    damage(content);

    EXPECT_EQ(cache_.load().error().code, Errc::invalid);
  }
}

TEST_F(DocumentCacheTest, IsNotTakenForAnotherDeployments) {
  ASSERT_TRUE(cache_.save(stored_));

  const auto loaded = DocumentCache(file_, "s3://other/settings.json").load();

  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::invalid);
}

TEST_F(DocumentCacheTest, AnETagForgesNoLine) {
  EXPECT_EQ(cache_.save({.document = "{}", .etag = ETag("a\nsha256: b")}).error().code,
            Errc::invalid);
}

TEST_F(DocumentCacheTest, SaysWhyNothingCanBeWritten) {
  damage("x");
  const DocumentCache below(file_ / "settings", "s3://system/settings.json");

  EXPECT_FALSE(below.save(stored_));
  EXPECT_FALSE(below.load());
}

}  // namespace
}  // namespace cordon
