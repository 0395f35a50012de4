// Large bodies in both directions: in pieces, in order, and never as a whole in memory.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/digest.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "testing/raw_client.h"

namespace cordon {
namespace {

using testing::HasSubstr;

/// Keeps nothing but what it needs to tell whether everything came.
class HashingSink final : public UploadSink {
 public:
  Result<void> write(std::string_view bytes) override {
    largest = std::max(largest, bytes.size());
    total += bytes.size();
    total.notify_all();
    if (fail_after && total > *fail_after) return Error{failure, "no room"};
    hasher.update(as_bytes_of(bytes));
    if (gate) {
      std::unique_lock lock(*gate);
    }
    return {};
  }

  /// Blocks: until so many bytes have come.
  void wait_for(std::size_t bytes) const {
    for (std::size_t seen = total; seen < bytes; seen = total) total.wait(seen);
  }

  Hasher hasher{Hasher::Kind::sha256};
  std::size_t largest = 0;
  std::atomic<std::size_t> total = 0;
  std::optional<std::size_t> fail_after;
  Errc failure = Errc::unavailable;
  std::mutex* gate = nullptr;  // While somebody holds it, writes wait.
};

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class BeastBodiesTest : public testing::Test {
 protected:
  void serve(HttpServerOptions options, HttpHandler handler) {
    auto server = HttpServer::start(std::move(options), std::move(handler), log_);
    ASSERT_TRUE(server) << server.error().what;
    server_ = std::move(server).value();
  }
  // A server whose one upload goes to `sink_`; the handler answers with the digest.
  void serve_uploads(HttpServerOptions options = {}) {
    options.body_bytes_max = 100;
    options.upload = [this](const ServerRequest& head) -> std::shared_ptr<UploadSink> {
      if (head.target == "/small") return nullptr;
      return sink_;
    };
    serve(std::move(options),
          [this](const ServerRequest& request, const auto& sink, std::stop_token) {
            ++handled_;
            if (!sink) return ServerResponse{.body = "buffered " + request.body};
            return ServerResponse{.body = hex(as_bytes_of(sink_->hasher.finish())) + request.body};
          });
  }
  std::string url(std::string_view target) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(target);
  }

  RealClock clock_;
  std::shared_ptr<HashingSink> sink_ = std::make_shared<HashingSink>();
  std::atomic<int> handled_ = 0;
  Log log_{LogLevel::off, clock_, [](std::string_view) {}};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(BeastBodiesTest, StreamsAnUploadOfAnyLengthIntoTheSink) {
  constexpr std::size_t kPiece = 1U << 20U;
  constexpr std::size_t kPieces = 256;
  serve_uploads();
  RawClient client(server_->port());
  Hasher expected(Hasher::Kind::sha256);
  std::string piece(kPiece, 'a');
  const std::size_t before = resident_bytes();

  client.send("PUT /big HTTP/1.1\r\nHost: h\r\nContent-Length: " +
              std::to_string(kPiece * kPieces) + "\r\n\r\n");
  for (std::size_t i = 0; i < kPieces; ++i) {
    piece[i % kPiece] = static_cast<char>(i);
    expected.update(as_bytes_of(piece));
    ASSERT_TRUE(client.send(piece));
  }
  const std::string response = client.read_response();

  EXPECT_EQ(body_of(response), hex(as_bytes_of(expected.finish())));
  EXPECT_LE(sink_->largest, 1U << 20U);
  EXPECT_LT(resident_bytes(), before + (64U << 20U));
}

TEST_F(BeastBodiesTest, StreamsAChunkedUploadAndGoesOnWithTheNextRequest) {
  serve_uploads();
  RawClient client(server_->port());
  const std::string chunk(0x12345, 'c');
  Hasher expected(Hasher::Kind::sha256);

  client.send("PUT /big HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    client.send("12345\r\n" + chunk + "\r\n");
    expected.update(as_bytes_of(chunk));
  }
  client.send("0\r\n\r\nPUT /small HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");

  EXPECT_EQ(body_of(client.read_response()), hex(as_bytes_of(expected.finish())));
  EXPECT_EQ(body_of(client.read_response()), "buffered hi");
}

TEST_F(BeastBodiesTest, ASlowSinkSlowsTheClientDown) {
  std::mutex gate;
  sink_->gate = &gate;
  serve_uploads();
  RawClient client(server_->port());
  RawClient other(server_->port());
  constexpr std::size_t kBytes = 64U << 20U;
  std::atomic<bool> all_sent = false;
  std::unique_lock closed(gate);

  std::jthread sender([&] {
    client.send("PUT /big HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kBytes) +
                "\r\n\r\n");
    client.send(std::string(kBytes, 'x'));
    all_sent = true;
  });
  sink_->wait_for(1);
  // Each answer to somebody else is a turn in which the server could have read on.
  for (int turn = 0; turn < 100; ++turn) {
    other.send("PUT /small HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(body_of(other.read_response()), "buffered hi");
  }
  const std::size_t taken = sink_->total;
  const bool finished_too_early = all_sent;
  closed.unlock();
  sender.join();
  const std::string response = client.read_response();

  EXPECT_LE(taken, 1U << 20U);
  EXPECT_FALSE(finished_too_early);
  EXPECT_EQ(status_of(response), 200);
  EXPECT_EQ(sink_->total, kBytes);
}

TEST_F(BeastBodiesTest, AnUploadThatTheSinkRefusesNeverReachesTheHandler) {
  const std::pair<Errc, int> kRefusals[] = {
      {Errc::invalid, 400}, {Errc::denied, 403}, {Errc::unavailable, 500}};
  serve_uploads();
  for (const auto& [code, status] : kRefusals) {
    SCOPED_TRACE(status);
    sink_ = std::make_shared<HashingSink>();
    sink_->failure = code;
    sink_->fail_after = 500'000;
    RawClient client(server_->port());

    client.send("PUT /big HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    client.send(std::string(3'000'000, 'x'));

    EXPECT_EQ(status_of(client.read_all()), status);
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(BeastBodiesTest, AnUploadThatIsCutNeverReachesTheHandler) {
  serve_uploads();
  std::weak_ptr<HashingSink> kept = sink_;
  {
    RawClient client(server_->port());
    client.send("PUT /big HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" +
                std::string(500'000, 'x'));
    sink_->wait_for(500'000);
  }

  sink_.reset();
  server_->stop();

  EXPECT_EQ(handled_, 0);
  EXPECT_TRUE(kept.expired());
}

TEST_F(BeastBodiesTest, StoppingDoesNotWaitForTheRestOfAnUpload) {
  std::mutex gate;
  sink_->gate = &gate;
  serve_uploads();
  RawClient client(server_->port());
  std::unique_lock closed(gate);
  client.send("PUT /big HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n");
  client.send(std::string(100'000, 'x'));
  sink_->wait_for(1);
  const SteadyTime start = clock_.steady_now();

  std::jthread stopper([&] { server_->stop(); });
  closed.unlock();
  stopper.join();

  EXPECT_LT(clock_.steady_now() - start, std::chrono::seconds(5));
  EXPECT_EQ(handled_, 0);
}

class BeastFilesTest : public BeastBodiesTest {
 protected:
  void serve_file(std::size_t bytes, std::uint64_t offset, std::uint64_t announced) {
    auto file = std::make_shared<UniqueFd>(::memfd_create("body", MFD_CLOEXEC));
    for (std::size_t i = 0; i < bytes; i += block_.size()) {
      block_[0] = static_cast<char>(i >> 16);
      ASSERT_EQ(::write(file->get(), block_.data(), block_.size()),
                static_cast<ssize_t>(block_.size()));
    }
    serve({}, [=](const ServerRequest&, const auto&, std::stop_token) {
      return ServerResponse{.file = file, .file_offset = offset, .file_bytes = announced};
    });
  }

  std::string block_ = std::string(65536, 'f');
};

TEST_F(BeastFilesTest, SendsAFileInPiecesToAReceiverInPieces) {
  constexpr std::size_t kBytes = 256U << 20U;
  serve_file(kBytes, 0, kBytes);
  const auto client = make_curl_client({}, clock_);
  const std::size_t before = resident_bytes();
  std::size_t received = 0;
  bool in_order = true;
  const BodyReceiver receiver{
      .head = [](const HttpResponse&) -> Result<bool> { return true; },
      .piece = [&](std::span<const std::byte> bytes) -> Result<void> {
        for (std::size_t at = (65536 - received % 65536) % 65536; at < bytes.size(); at += 65536) {
          in_order = in_order && bytes[at] == static_cast<std::byte>((received + at) >> 16 & 0xFF);
        }
        received += bytes.size();
        return {};
      }};

  auto response = client->fetch({.url = url("/f")}, Deadline::never(), {}, &receiver);

  ASSERT_TRUE(response) << response.error().what;
  EXPECT_EQ(received, kBytes);
  EXPECT_TRUE(in_order);
  EXPECT_LT(resident_bytes(), before + (64U << 20U));
}

TEST_F(BeastFilesTest, SendsARangeAndKeepsTheConnection) {
  serve_file(1U << 20U, 65536, 10);
  RawClient client(server_->port());

  client.send(
      "GET /f HTTP/1.1\r\nHost: h\r\n\r\nHEAD /f HTTP/1.1\r\nHost: h\r\n\r\nGET /f "
      "HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(body_of(client.read_response()), "\x01" + std::string(9, 'f'));
  EXPECT_THAT(client.read_response(false), HasSubstr("Content-Length: 10\r\n"));
  EXPECT_EQ(body_of(client.read_response()), "\x01" + std::string(9, 'f'));
}

TEST_F(BeastFilesTest, ClosesInsteadOfPaddingAFileThatIsTooShort) {
  serve_file(65536, 0, 70'000);
  const auto client = make_curl_client({}, clock_);

  auto response = client->fetch({.url = url("/f")}, Deadline::never(), {});

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_THAT(response.error().what, HasSubstr("after 65536 of 70000 bytes"));
}

TEST_F(BeastFilesTest, StoppingDoesNotWaitForASlowReader) {
  constexpr std::size_t kBytes = 64U << 20U;
  serve_file(kBytes, 0, kBytes);
  std::atomic<bool> stopped = false;
  std::size_t received = 0;
  std::jthread stopper;
  const auto client = make_curl_client({}, clock_);
  const BodyReceiver slow{.head = [&](const HttpResponse&) -> Result<bool> {
                            stopper = std::jthread([&] {
                              server_->stop();
                              stopped = true;
                            });
                            return true;
                          },
                          .piece = [&](std::span<const std::byte> bytes) -> Result<void> {
                            received += bytes.size();
                            // Real time: the server measures by it what is slow.
                            if (!stopped) clock_.wait_for(std::chrono::milliseconds(10), {});
                            return {};
                          }};

  auto response = client->fetch({.url = url("/f")}, Deadline::never(), {}, &slow);

  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Errc::unavailable);
  EXPECT_TRUE(stopped);
  EXPECT_LT(received, kBytes);
}

}  // namespace
}  // namespace cordon
