#include "testing/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <vector>

#include "base/clock.h"

namespace cordon {
namespace {

const std::filesystem::path kPrograms = "/usr/lib/postgresql/15/bin";
constexpr const char* kUser = "postgres";

// In the child: no output, the server's user, and an end with our own.
[[noreturn]] void become(const std::vector<std::string>& command) {
  const int null = ::open("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2}) ::dup2(null, fd);
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam(kUser);
    if (user == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
        ::setuid(user->pw_uid) != 0) {
      ::_exit(126);
    }
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // After the user has changed, which takes it back.
  if (::chdir("/") != 0) ::_exit(126);  // Which the server's user can read.
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // SAFETY: execv writes none.
  }
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

pid_t begin(const std::vector<std::string>& command) {
  const pid_t child = ::fork();
  if (child == 0) become(command);
  return child;
}

Result<void> run(const std::vector<std::string>& command) {
  const pid_t child = begin(command);
  int status = 0;
  if (child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
      WEXITSTATUS(status) == 0) {
    return {};
  }
  return Error{Errc::unavailable, command[0] + " failed"};
}

}  // namespace

std::string PostgresServer::missing() {
  if (!std::filesystem::exists(kPrograms / "postgres")) return "postgresql-15 is not installed";
  return "";
}

Result<std::unique_ptr<PostgresServer>> PostgresServer::start() {
  // A socket's path has at most 107 bytes: not where builds lie.
  std::string name = "/tmp/cordon-postgres-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) return Error{Errc::unavailable, "no directory"};
  std::unique_ptr<PostgresServer> server(new PostgresServer(name));
  if (::geteuid() == 0) {
    const passwd* user = ::getpwnam(kUser);
    if (user == nullptr || ::chown(name.c_str(), user->pw_uid, user->pw_gid) != 0) {
      return Error{Errc::unavailable, "there is no user postgres"};
    }
  }
  CORDON_TRY(run({kPrograms / "initdb", "--pgdata", server->folder_ / "data", "--username=cordon",
                  "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"}));
  CORDON_TRY(server->launch());
  return server;
}

PostgresServer::~PostgresServer() {
  kill_and_wait();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::kill_and_wait() {
  if (server_ <= 0) return;
  ::kill(server_, SIGQUIT);  // Immediately, but with its own processes.
  ::waitpid(server_, nullptr, 0);
  server_ = -1;
}

Result<void> PostgresServer::launch() {
  server_ = begin({kPrograms / "postgres", "-D", folder_ / "data", "-k", folder_, "-h", "", "-F"});
  const RealClock clock;
  for (int attempt = 0; attempt < 600; ++attempt) {
    if (run({kPrograms / "pg_isready", "--host", folder_, "--username=cordon",
             "--dbname=postgres"})) {
      return {};
    }
    clock.wait_for(std::chrono::milliseconds(50), {});
  }
  return Error{Errc::unavailable, "PostgreSQL does not start"};
}

Result<void> PostgresServer::crash_and_restart() {
  kill_and_wait();
  return launch();
}

std::string PostgresServer::uri_of(const std::string& database) const {
  return "postgresql://cordon@/" + database + "?host=" + folder_.string();
}

Result<void> PostgresServer::run_sql(const std::string& uri, const std::string& sql) {
  return run({kPrograms / "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", sql, uri});
}

Result<std::string> PostgresServer::make_database() {
  const std::string name = "test" + std::to_string(++databases_);
  CORDON_TRY(run_sql(uri_of("postgres"), "CREATE DATABASE " + name));
  return uri_of(name);
}

}  // namespace cordon
