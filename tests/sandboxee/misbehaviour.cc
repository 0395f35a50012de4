#include "misbehaviour.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

#include "base/text.h"
#include "engine/confinement.h"
#include "engine/protocol.h"

namespace cordon {
namespace {

using Deed = std::function<Result<Verdict>(const Order&)>;

Verdict escaped() { return infected_verdict({"Sandbox.Escaped"}, 1); }
Verdict refused() {
  return unscannable_verdict(Reason::unsupported, "refused: " + std::string(std::strerror(errno)));
}
Verdict said(std::string text) { return unscannable_verdict(Reason::unsupported, std::move(text)); }
Verdict outcome(bool worked) { return worked ? escaped() : refused(); }

pid_t pid_in(const std::string& text) { return static_cast<pid_t>(parse_u64(text).value_or(0)); }

[[noreturn]] void hang() {
  for (;;) ::poll(nullptr, 0, -1);
}

// --- Ways to die -----------------------------------------------------------------------------

Result<Verdict> segv(const Order&) {
  ::signal(SIGSEGV, SIG_DFL);  // Without the sanitizer's handler.
  // A page without rights, because a sanitizer reports a null pointer before it is used.
  auto* page = static_cast<volatile char*>(
      ::mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  return outcome(*page == 0);
}
Result<Verdict> abort_now(const Order&) { std::abort(); }
Result<Verdict> leave(const Order&) { ::_exit(0); }
Result<Verdict> sleep_for_ever(const Order&) { hang(); }
Result<Verdict> spin(const Order&) {
  std::atomic<unsigned> turns = 0;
  for (;;) ++turns;
}
Result<Verdict> hog_memory(const Order&) {
  std::vector<std::string> hoard;
  for (;;) hoard.emplace_back(64 << 20, 'x');
}
/// Frees 300 MB below a piece that stays in use: the C library alone would keep all of it.
Result<Verdict> split_memory(const Order&) {
  static std::vector<std::string> kept;
  std::vector<std::string> freed;
  for (int i = 0; i < 300; ++i) freed.emplace_back(1 << 20, 'x');
  kept.emplace_back(1 << 20, 'x');
  return said("split");
}

// --- Lies: frames written to the socket behind the loop's back --------------------------------

void write_frame(const std::string& bytes) {
  static_cast<void>(::send(kSocketDescriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

std::string clean_answer(std::uint64_t id, std::uint64_t scanned) {
  return encode(VerdictMessage{.id = id, .verdict = clean_verdict(scanned)});
}

Result<Verdict> half_reply(const Order&) {
  const std::string whole = clean_answer(1, 1);
  write_frame(whole.substr(0, whole.size() / 2));
  hang();
}
Result<Verdict> wrong_id(const Order&) {
  write_frame(clean_answer(~0ULL, 1));
  hang();
}
Result<Verdict> clean_without_scan(const Order& order) {
  write_frame(clean_answer(parse_u64(order.argument).value_or(1), 0));
  hang();
}
Result<Verdict> garbage(const Order&) {
  write_frame(std::string(300, '\xee'));
  hang();
}
Result<Verdict> flood(const Order&) {
  write_frame(std::string(100'000, 'x'));
  for (;;) write_frame(std::string(1000, 'x'));
}
Result<Verdict> hello_again(const Order&) {
  write_frame(encode(HelloMessage{}));
  hang();
}
Result<Verdict> two_replies(const Order&) {
  write_frame(clean_answer(1, 1));
  return clean_verdict(1);
}
Result<Verdict> descriptor_gift(const Order&) {
  const std::string frame = clean_answer(1, 1);
  iovec part{const_cast<char*>(frame.data()), frame.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &kSocketDescriptor, sizeof(int));
  static_cast<void>(::sendmsg(kSocketDescriptor, &message, MSG_NOSIGNAL));
  hang();
}
Result<Verdict> hang_up(const Order&) {
  ::close(kSocketDescriptor);
  hang();
}
Result<Verdict> no_verdict(const Order&) {
  return Error{Errc::unavailable, "no temporary directory"};
}
Result<Verdict> error_verdict_of(const Order&) {
  return error_verdict(Reason::integrity, "something is broken here");
}

// --- Ways out ---------------------------------------------------------------------------------

Result<Verdict> fork_storm(const Order&) {
  for (int i = 0; i < 100; ++i) {
    if (::fork() == 0) hang();
  }
  return escaped();
}
Result<Verdict> make_thread(const Order&) {
  return outcome(::syscall(SYS_clone, CLONE_VM | CLONE_FS, nullptr, nullptr, nullptr, nullptr) > 0);
}
Result<Verdict> execute(const Order&) {
  const std::array<char*, 1> none = {nullptr};
  ::execve("/bin/true", none.data(), none.data());
  return refused();
}
Result<Verdict> connect_out(const Order&) {
  return outcome(::socket(AF_INET, SOCK_STREAM, 0) >= 0);
}
Result<Verdict> local_socket(const Order&) {
  return outcome(::socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
}
Result<Verdict> trace(const Order& order) {
  return outcome(::ptrace(PTRACE_ATTACH, pid_in(order.argument), nullptr, nullptr) == 0);
}
Result<Verdict> read_memory(const Order& order) {
  char byte = 0;
  const iovec here{&byte, 1};
  const iovec there{reinterpret_cast<void*>(&byte), 1};
  return outcome(::process_vm_readv(pid_in(order.argument), &here, 1, &there, 1, 0) == 1);
}
Result<Verdict> kill_process(const Order& order) {
  return outcome(::kill(pid_in(order.argument), SIGTERM) == 0);
}
Result<Verdict> signal_through_descriptor(const Order& order) {
  return outcome(::fcntl(kSocketDescriptor, F_SETOWN, pid_in(order.argument)) == 0);
}
Result<Verdict> abort_other(const Order& order) {
  const pid_t other = pid_in(order.argument);
  return outcome(::syscall(SYS_tgkill, other, other, SIGABRT) == 0);
}
Result<Verdict> executable_memory(const Order&) {
  void* at =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return outcome(at != MAP_FAILED);
}
Result<Verdict> make_executable(const Order&) {
  void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return outcome(::mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0);
}
Result<Verdict> make_link(const Order& order) {
  return outcome(::symlink("/etc", (order.temporary / "link").c_str()) == 0);
}
Result<Verdict> raise_limit(const Order&) {
  return outcome(::syscall(SYS_setrlimit, 0, nullptr) == 0);
}
Result<Verdict> mount_something(const Order&) {
  return outcome(::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr) == 0);
}
Result<Verdict> read_file(const Order& order) {
  return outcome(::open(order.argument.c_str(), O_RDONLY | O_CLOEXEC) >= 0);
}
Result<Verdict> write_file(const Order& order) {
  return outcome(::open(order.argument.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0);
}
Result<Verdict> remove_file(const Order& order) {
  return outcome(::unlink(order.argument.c_str()) == 0);
}
Result<Verdict> list_directory(const Order& order) {
  return outcome(::opendir(order.argument.c_str()) != nullptr);
}
// Answers success and does nothing: the test looks at the file.
Result<Verdict> change_mode(const Order& order) {
  return outcome(::chmod(order.argument.c_str(), 0777) != 0);
}
Result<Verdict> write_content(const Order& order) {
  return outcome(::pwrite(order.content.get(), "x", 1, 0) == 1);
}
Result<Verdict> cut_content(const Order& order) {
  return outcome(::ftruncate(order.content.get(), 0) == 0);
}
Result<Verdict> map_content_for_writing(const Order& order) {
  return outcome(::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, order.content.get(), 0) !=
                 MAP_FAILED);
}
Result<Verdict> reopen_content(const Order& order) {
  const std::string path = "/proc/self/fd/" + std::to_string(order.content.get());
  return outcome(::open(path.c_str(), O_WRONLY | O_CLOEXEC) >= 0);
}

// --- Temporary files --------------------------------------------------------------------------

Result<Verdict> fill_disk(const Order& order) {
  const UniqueFd file(
      ::open((order.temporary / "hog").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return refused();
  const std::string block(1 << 20, 'x');
  for (std::uint64_t written = 0; written < 64ULL << 30;) {
    const ssize_t n = ::write(file.get(), block.data(), block.size());
    if (n < 0) return refused();
    written += static_cast<std::uint64_t>(n);
  }
  return escaped();
}
Result<Verdict> leave_traces(const Order& order) {
  const std::filesystem::path deep = order.temporary / "trace" / "deep";
  std::filesystem::create_directories(deep);
  const UniqueFd file(::open((deep / "file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  return file ? said("left") : refused();
}
Result<Verdict> leave_traces_and_hang(const Order& order) {
  static_cast<void>(leave_traces(order));
  hang();
}
Result<Verdict> find_traces(const Order& order) {
  std::error_code failed;
  const bool empty = std::filesystem::is_empty(order.temporary, failed);
  if (failed) return said("failed: " + failed.message());
  return said(empty ? "empty" : "traces");
}
Result<Verdict> process_id(const Order&) { return said(std::to_string(::getpid())); }

const std::map<std::string, Deed, std::less<>>& deeds() {
  static const std::map<std::string, Deed, std::less<>> kDeeds = {
      {"segv", segv},
      {"abort", abort_now},
      {"leave", leave},
      {"hang", sleep_for_ever},
      {"spin", spin},
      {"hog-memory", hog_memory},
      {"split-memory", split_memory},
      {"half-reply", half_reply},
      {"wrong-id", wrong_id},
      {"clean-without-scan", clean_without_scan},
      {"garbage", garbage},
      {"flood", flood},
      {"hello-again", hello_again},
      {"two-replies", two_replies},
      {"descriptor-gift", descriptor_gift},
      {"hang-up", hang_up},
      {"no-verdict", no_verdict},
      {"error-verdict", error_verdict_of},
      {"fork-storm", fork_storm},
      {"make-thread", make_thread},
      {"execute", execute},
      {"connect", connect_out},
      {"local-socket", local_socket},
      {"trace", trace},
      {"read-memory", read_memory},
      {"kill", kill_process},
      {"signal-through-descriptor", signal_through_descriptor},
      {"abort-other", abort_other},
      {"executable-memory", executable_memory},
      {"make-executable", make_executable},
      {"make-link", make_link},
      {"raise-limit", raise_limit},
      {"mount", mount_something},
      {"read-file", read_file},
      {"write-file", write_file},
      {"remove-file", remove_file},
      {"list-directory", list_directory},
      {"change-mode", change_mode},
      {"write-content", write_content},
      {"cut-content", cut_content},
      {"map-content", map_content_for_writing},
      {"reopen-content", reopen_content},
      {"fill-disk", fill_disk},
      {"leave-traces", leave_traces},
      {"leave-traces-and-hang", leave_traces_and_hang},
      {"find-traces", find_traces},
      {"process-id", process_id},
  };
  return kDeeds;
}

}  // namespace

Result<Verdict> misbehave(const Order& order) {
  const auto deed = deeds().find(order.name);
  if (deed == deeds().end()) return said("no such deed: " + order.name);
  return deed->second(order);
}

}  // namespace cordon
