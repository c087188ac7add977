// Child processes of a test: this program again, started with arguments, watched through a pipe,
// killed when the test says so.
//
// Never a fork: the threads of RocksDB do not survive one, so each life of a store that is to die
// is a process of its own. The child's stdout is a pipe to the parent (one byte per thing that the
// child wants to tell), its stderr a file that the parent can show.
//
//   int main(int argc, char** argv) {
//     if (argc > 1 && std::string_view(argv[1]) == "--child") return RunChild(argc, argv);
//     ::testing::InitGoogleTest(&argc, argv);
//     return RUN_ALL_TESTS();
//   }
//
// Threads: one at a time.
#ifndef CLOUDLET_TESTS_CHILD_PROCESS_H_
#define CLOUDLET_TESTS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace cloudlet::testing {

// How a child ended.
struct ChildEnd {
  int signal = 0;      // 0: it exited
  int exit_code = -1;  // when it exited
  std::string errors;  // what it wrote to stderr

  bool killed() const;  // by SIGKILL
  bool aborted() const;
  bool exited(int code) const { return signal == 0 && exit_code == code; }
  std::string ToString() const;
};

class ChildProcess {
 public:
  // Starts this program with `args`. `environment` ("NAME=value") is added to this process's own.
  // Its stderr goes to the file `errors`, which is created anew.
  ChildProcess(const std::vector<std::string>& args, const std::string& errors,
               const std::vector<std::string>& environment = {});
  // Kills it, unless Wait has been called.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  bool started() const { return pid_ > 0; }
  // Waits for bytes on the child's stdout until `count` have come that equal `wanted`; 0 for any.
  // Returns how many of these came: fewer when the child ended before.
  size_t Read(size_t count, char wanted = 0);
  void Kill();
  // Reads the pipe to its end and waits for the child's.
  ChildEnd Wait();

 private:
  const std::string errors_;
  pid_t pid_ = -1;
  int pipe_ = -1;
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_CHILD_PROCESS_H_
