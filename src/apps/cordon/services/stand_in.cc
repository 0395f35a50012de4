#include "apps/cordon/services/stand_in.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/text.h"

extern char** environ;

namespace cordon {
namespace {

constexpr std::string_view kEndpoint = "endpoint: ";
constexpr int kLinesOfItself = 3;

struct CommandLine {
  CommandLine(const StandInFlags& flags, const std::string& log_level) {
    std::error_code failed;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
    words.push_back((self.parent_path() / "cordon-devcloud").string());
    for (std::string& word : arguments_of(flags)) words.push_back(std::move(word));
    words.insert(words.end(), {"--log-level", log_level});
  }
  // SAFETY: neither exec nor posix_spawn writes through argv.
  std::vector<char*> argv() {
    std::vector<char*> out;
    for (std::string& word : words) out.push_back(word.data());
    out.push_back(nullptr);
    return out;
  }
  Error failure(int error) const {
    Error failed = errno_error("starting " + words.front(), error);
    if (failed.code == Errc::not_found) failed.what += "; it is installed beside cordon";
    return failed;
  }

  std::vector<std::string> words;
};

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error("pipe", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<pid_t> spawn(CommandLine& line, const UniqueFd& input, const UniqueFd& output) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  // In a session of its own: a Ctrl-C in our terminal is for the agent, which needs the stand-in to
  // finish its work.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, line.words.front().c_str(), &actions, &attributes,
                                   line.argv().data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return line.failure(failed);
  return child;
}

}  // namespace

Error become_stand_in(const StandInFlags& flags, const std::string& log_level) {
  CommandLine line(flags, log_level);
  ::execv(line.words.front().c_str(), line.argv().data());
  return line.failure(errno);
}

Result<std::unique_ptr<StandIn>> StandIn::start(const StandInFlags& flags,
                                                const std::string& log_level) {
  CommandLine line(flags, log_level);
  line.words.emplace_back("--while-stdin-open");
  CORDON_TRY(Pipe input, make_pipe());
  CORDON_TRY(Pipe output, make_pipe());
  CORDON_TRY(const pid_t child, spawn(line, input.read, output.write));
  std::unique_ptr<StandIn> stand_in(new StandIn(child, std::move(input.write)));
  output.write.reset();
  std::FILE* const said = ::fdopen(output.read.release(), "r");
  char* text = nullptr;
  std::size_t capacity = 0;
  for (int i = 0; i<kLinesOfItself&& ::getline(&text, &capacity, said)> 0; ++i) {
    std::string one(text);
    if (one.starts_with(kEndpoint)) {
      stand_in->endpoint_ = one.substr(kEndpoint.size(), one.size() - kEndpoint.size() - 1);
    }
    std::fputs(one.c_str(), stdout);
  }
  std::free(text);
  std::fclose(said);
  std::fflush(stdout);
  if (!stand_in->endpoint_.empty()) return stand_in;
  return Error{Errc::unavailable, "the stand-in did not start; it says why above"};
}

StandIn::~StandIn() {
  input_.reset();
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace cordon
