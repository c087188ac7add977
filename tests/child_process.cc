// Starting, watching and ending child processes: see child_process.h.
#include "tests/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

extern char** environ;  // NOLINT: POSIX has no header for it

namespace cloudlet::testing {
namespace {

constexpr char kSelf[] = "/proc/self/exe";

std::vector<char*> Pointers(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& one : *strings) pointers.push_back(one.data());
  pointers.push_back(nullptr);
  return pointers;
}

// This process's environment with `extra` in front, which wins in getenv.
std::vector<std::string> EnvironmentWith(const std::vector<std::string>& extra) {
  std::vector<std::string> all = extra;
  for (char** one = environ; *one != nullptr; ++one) all.emplace_back(*one);
  return all;
}

}  // namespace

bool ChildEnd::killed() const { return signal == SIGKILL; }
bool ChildEnd::aborted() const { return signal == SIGABRT; }

std::string ChildEnd::ToString() const {
  const std::string how =
      signal != 0 ? "signal " + std::to_string(signal) : "exit code " + std::to_string(exit_code);
  return errors.empty() ? how : how + ": " + errors;
}

ChildProcess::ChildProcess(const std::vector<std::string>& args, const std::string& errors,
                           const std::vector<std::string>& environment)
    : errors_(errors) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors_.c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  std::vector<std::string> argv = args;
  argv.insert(argv.begin(), kSelf);
  std::vector<std::string> variables = EnvironmentWith(environment);
  const int result = ::posix_spawn(&pid_, kSelf, &actions, nullptr, Pointers(&argv).data(),
                                   Pointers(&variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  pipe_ = ends[0];
  if (result != 0) pid_ = -1;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    Kill();
    Wait();
  }
  if (pipe_ >= 0) ::close(pipe_);
}

size_t ChildProcess::Read(size_t count, char wanted) {
  size_t found = 0;
  char buffer[64];
  while (found < count) {
    // One at a time near the end, so that the child is not far ahead when this returns.
    const size_t want = count - found < sizeof(buffer) ? 1 : sizeof(buffer);
    const ssize_t got = ::read(pipe_, buffer, want);
    if (got <= 0) break;
    for (ssize_t i = 0; i < got; ++i) found += wanted == 0 || buffer[i] == wanted ? 1 : 0;
  }
  return found;
}

void ChildProcess::Kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

ChildEnd ChildProcess::Wait() {
  ChildEnd end;
  if (pid_ <= 0) {
    end.errors = "not started";
    return end;
  }
  char buffer[256];
  while (::read(pipe_, buffer, sizeof(buffer)) > 0) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
  std::ifstream in(errors_);
  end.errors.assign(std::istreambuf_iterator<char>(in), {});
  return end;
}

}  // namespace cloudlet::testing
