#include "devcloud/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "net/http_client.h"
#include "testing/http_imposter.h"

namespace cordon {
namespace {

using testing::HasSubstr;

class CutBodyTest : public testing::Test {
 protected:
  Result<HttpResponse> fetched(const ServerResponse& response, const std::string& method = "GET") {
    imposter_.answer(response);
    const HttpRequest request{.method = method, .url = imposter_.url()};
    return client_->fetch(request, Deadline::after(clock_, std::chrono::seconds(20)), {});
  }

  static ServerResponse in_file(const std::string& bytes) {
    auto file = std::make_shared<UniqueFd>(::memfd_create("body", MFD_CLOEXEC));
    EXPECT_EQ(::write(file->get(), bytes.data(), bytes.size()), std::ssize(bytes));
    return {.file = file, .file_offset = 1, .file_bytes = bytes.size() - 1};
  }

  RealClock clock_;
  HttpImposter imposter_;
  std::unique_ptr<HttpClient> client_ = make_curl_client({}, clock_);
};

TEST_F(CutBodyTest, AnnouncesTheWholeBodyAndSendsItsStart) {
  ServerResponse both[] = {{.body = std::string(1000, 'x')}, in_file(std::string(1001, 'x'))};
  for (ServerResponse& response : both) {
    cloud::cut_body(response, 400);

    const auto got = fetched(response);

    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::unavailable);
    EXPECT_THAT(got.error().what, HasSubstr("after 400 of 1000 bytes"));
  }
}

TEST_F(CutBodyTest, LeavesAShorterBodyAsItIs) {
  ServerResponse both[] = {{.body = "hello"}, in_file("_hello")};
  for (ServerResponse& response : both) {
    cloud::cut_body(response, 5);

    EXPECT_EQ(fetched(response)->body, "hello");
  }
}

TEST_F(CutBodyTest, LeavesTheAnswerToHeadAsItIs) {
  ServerResponse response{.body = "hello"};
  cloud::cut_body(response, 2);

  EXPECT_EQ(fetched(response, "HEAD")->headers.get("Content-Length"), "5");
}

}  // namespace
}  // namespace cordon
