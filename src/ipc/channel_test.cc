#include "ipc/channel.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <thread>

namespace cordon {
namespace {

using std::chrono::milliseconds;

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

class ChannelTest : public testing::Test {
 protected:
  Deadline soon() { return Deadline::after(clock_, std::chrono::seconds(10)); }
  Result<void> send(std::string_view bytes, std::vector<int> descriptors = {}) {
    return ends_.near.send(bytes, descriptors, soon(), {});
  }
  Result<Frame> receive(FrameLimits limits) { return ends_.far.receive(limits, soon(), {}); }

  RealClock clock_;
  Channel::Pair ends_ = Channel::pair(clock_).value();
};

TEST_F(ChannelTest, KeepsFramesApart) {
  ASSERT_TRUE(send("one"));
  ASSERT_TRUE(send(std::string("\0two", 4)));

  EXPECT_EQ(receive({.bytes_max = 8})->bytes, "one");
  EXPECT_EQ(receive({.bytes_max = 8})->bytes, std::string("\0two", 4));
}

TEST_F(ChannelTest, AcceptsAFrameOfExactlyTheLimitAndRefusesOneByteMore) {
  ASSERT_TRUE(send("12345678"));
  ASSERT_TRUE(send("123456789"));
  ASSERT_TRUE(send("next"));

  EXPECT_EQ(receive({.bytes_max = 8})->bytes, "12345678");
  EXPECT_EQ(receive({.bytes_max = 8}).error().code, Errc::invalid);
  EXPECT_EQ(receive({.bytes_max = 8})->bytes, "next");
}

TEST_F(ChannelTest, RefusesToSendWhatNoReceiverTakes) {
  EXPECT_EQ(send("").error().code, Errc::invalid);
  EXPECT_EQ(send(std::string(Channel::kFrameBytesMax + 1, 'x')).error().code, Errc::invalid);
  EXPECT_TRUE(send(std::string(Channel::kFrameBytesMax, 'x')));
}

TEST_F(ChannelTest, PassesDescriptorsThatAreClosedOnExec) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(::pipe(pipe_ends.data()), 0);
  const UniqueFd reader(pipe_ends[0]);
  UniqueFd writer(pipe_ends[1]);

  ASSERT_TRUE(send("pipe", {reader.get()}));
  Result<Frame> frame = receive({.bytes_max = 8, .descriptors_max = 1});

  ASSERT_TRUE(frame);
  ASSERT_EQ(frame->descriptors.size(), 1U);
  EXPECT_NE(::fcntl(frame->descriptors[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  ASSERT_EQ(::write(writer.get(), "x", 1), 1);
  char c = 0;
  EXPECT_EQ(::read(frame->descriptors[0].get(), &c, 1), 1);
}

TEST_F(ChannelTest, ClosesEveryDescriptorOfAFrameItRefuses) {
  const std::size_t before = open_descriptors();
  const std::pair<const char*, std::vector<int>> kSurplus[] = {
      {"one more than allowed", {0, 0}},
      {"as many as a frame can carry", std::vector<int>(Channel::kDescriptorsMax, 0)},
  };
  for (const auto& [what, descriptors] : kSurplus) {
    SCOPED_TRACE(what);
    ASSERT_TRUE(send("x", descriptors));

    EXPECT_EQ(receive({.bytes_max = 8, .descriptors_max = 1}).error().code, Errc::invalid);

    EXPECT_EQ(open_descriptors(), before);
  }
}

TEST_F(ChannelTest, ClosesAFloodOfDescriptorsThatNoBufferHolds) {
  const std::size_t before = open_descriptors();
  const std::vector<int> flood(200, 0);
  std::vector<char> control(CMSG_SPACE(flood.size() * sizeof(int)));
  char byte = 'x';
  iovec part{&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(flood.size() * sizeof(int));
  std::memcpy(CMSG_DATA(header), flood.data(), flood.size() * sizeof(int));
  ASSERT_EQ(::sendmsg(ends_.near.descriptor(), &message, 0), 1);

  EXPECT_EQ(receive({.bytes_max = 8, .descriptors_max = 1}).error().code, Errc::invalid);

  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(ChannelTest, SaysThatThePeerIsGone) {
  std::move(ends_.near).release().reset();

  EXPECT_EQ(receive({.bytes_max = 8}).error().code, Errc::unavailable);
  EXPECT_EQ(ends_.far.send("x", {}, soon(), {}).error().code, Errc::unavailable);
}

TEST_F(ChannelTest, DeliversWhatWasSentBeforeThePeerLeft) {
  ASSERT_TRUE(send("last words"));
  std::move(ends_.near).release().reset();

  EXPECT_EQ(receive({.bytes_max = 16})->bytes, "last words");
  EXPECT_EQ(receive({.bytes_max = 16}).error().code, Errc::unavailable);
}

TEST_F(ChannelTest, StopsWaitingAtTheDeadline) {
  const auto now = Deadline::after(clock_, milliseconds(20));

  EXPECT_EQ(ends_.far.receive({.bytes_max = 8}, now, {}).error().code, Errc::timeout);
}

TEST_F(ChannelTest, StopsSendingToAPeerThatDoesNotRead) {
  const auto deadline = Deadline::after(clock_, milliseconds(50));
  const std::string frame(Channel::kFrameBytesMax, 'x');
  Result<void> sent;

  for (int i = 0; i < 1000 && sent; ++i) sent = ends_.near.send(frame, {}, deadline, {});

  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::timeout);
}

TEST_F(ChannelTest, AStopRequestBeforeTheCallWinsOverWaitingData) {
  std::stop_source stop;
  stop.request_stop();
  ASSERT_TRUE(send("x"));

  EXPECT_EQ(ends_.far.receive({.bytes_max = 8}, soon(), stop.get_token()).error().code,
            Errc::cancelled);
}

TEST_F(ChannelTest, AStopRequestEndsAWaitThatHasBegun) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });

  EXPECT_EQ(ends_.far.receive({.bytes_max = 8}, Deadline::never(), stop.get_token()).error().code,
            Errc::cancelled);
}

}  // namespace
}  // namespace cordon
