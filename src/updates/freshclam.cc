#include "updates/freshclam.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <vector>

#include "base/files.h"
#include "base/text.h"

namespace cordon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOutputBytesMax = 256U << 10U;
constexpr std::size_t kComplaintBytesMax = 500;
// The child is looked at so often: its end, a stop and the deadline are all noticed within that.
constexpr std::chrono::milliseconds kLook{200};

std::string user_name() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : "";
}

// Only what a program needs to reach a mirror. No credentials of ours.
std::vector<std::string> environment_of(const Environment& ours) {
  std::vector<std::string> out = {"LANG=C"};
  for (const char* name : {"PATH", "https_proxy", "HTTPS_PROXY", "http_proxy", "no_proxy",
                           "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"}) {
    if (const auto value = ours.get(name)) out.push_back(std::string(name) + "=" + *value);
  }
  return out;
}

Result<pid_t> start(const std::string& program, std::vector<std::string> arguments,
                    std::vector<std::string> environment, const fs::path& output) {
  std::vector<char*> argv;
  std::vector<char*> envp;
  arguments.insert(arguments.begin(), program);
  for (std::string& text : arguments) argv.push_back(text.data());
  for (std::string& text : environment) envp.push_back(text.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int failed =
      ::posix_spawnp(&pid, program.c_str(), &actions, &attributes, argv.data(), envp.data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed == 0) return pid;
  if (failed == ENOENT) {
    return Error{Errc::not_found,
                 program +
                     " is not installed: install the package clamav-freshclam, or name "
                     "another source (https://... or s3://...)"};
  }
  return errno_error("starting " + program, failed);
}

/// Its exit status; killed with all it started when the time is over.
Result<int> wait_for(pid_t pid, const Clock& clock, Deadline deadline,
                     const std::stop_token& stop) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    const bool over = deadline.passed(clock);
    if (ended == 0 && !over && !stop.stop_requested()) {
      clock.wait_for(kLook, stop);
      continue;
    }
    // SAFETY: our child is not waited for yet, so its number cannot mean another process.
    ::kill(-pid, SIGKILL);
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (over) return Error{Errc::timeout, "freshclam took too long and was ended"};
    return Error{Errc::cancelled, "stopped while freshclam ran"};
  }
}

std::string complaint_in(const fs::path& output) {
  const Result<std::string> text = read_small_file(output, kOutputBytesMax);
  if (!text) return "it says more than can be shown";
  std::string found;
  for (std::size_t from = 0; from < text->size();) {
    const std::size_t end = std::min(text->find('\n', from), text->size());
    const std::string line = text->substr(from, end - from);
    if (line.starts_with("ERROR:")) found += (found.empty() ? "" : " ") + line.substr(6);
    from = end + 1;
  }
  if (found.empty()) found = *text;
  return utf8_clean(trim(found), kComplaintBytesMax);
}

}  // namespace

Result<std::string> freshclam_configuration(const fs::path& staging, const std::string& mirror,
                                            const std::string& user) {
  const bool is_address = mirror.starts_with("https://") || mirror.starts_with("http://");
  const bool is_plain = std::all_of(mirror.begin(), mirror.end(),
                                    [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
  if (!mirror.empty() && (!is_address || !is_plain)) {
    return Error{Errc::invalid, "freshclam's mirror must be an http:// or https:// address"};
  }
  std::string text = "DatabaseDirectory \"" + staging.string() + "\"\n";
  text +=
      mirror.empty() ? "DatabaseMirror database.clamav.net\n" : "PrivateMirror " + mirror + "\n";
  if (!user.empty()) text += "DatabaseOwner " + user + "\n";
  text += "Foreground yes\nTestDatabases no\nScriptedUpdates yes\nMaxAttempts 3\n";
  text += "ConnectTimeout 30\nReceiveTimeout 600\n";
  return text;
}

Result<void> Freshclam::fetch(const fs::path& staging, Deadline deadline, std::stop_token stop) {
  CORDON_TRY(const std::string configuration,
             freshclam_configuration(staging, options_.mirror, user_name()));
  const fs::path file = staging / ".freshclam.conf";
  const fs::path output = staging / ".freshclam.log";
  CORDON_TRY(write_file_atomically(file, configuration));
  CORDON_TRY(const pid_t pid,
             start(options_.program, {"--config-file=" + file.string(), "--stdout"},
                   environment_of(environment_), output));
  CORDON_TRY(const int status, wait_for(pid, clock_, deadline, stop));
  const std::string complaint = status == 0 ? std::string() : complaint_in(output);
  std::error_code ignored;
  fs::remove(file, ignored);
  fs::remove(output, ignored);
  if (status == 0) return {};
  return Error{Errc::unavailable,
               "freshclam failed (exit " + std::to_string(status) + "): " + complaint};
}

}  // namespace cordon
