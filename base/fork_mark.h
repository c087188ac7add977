// A mark that a forked child does not have.
//
//   const ForkMark mark_;
//   if (mark_.forked()) ...   // this process was forked after the mark was made
//
// It is a page that the kernel empties in children (MADV_WIPEONFORK, Linux 4.14); where that is
// missing, the process id is compared, which costs a system call each time.
//
// Threads: immutable.
#ifndef CLOUDLET_BASE_FORK_MARK_H_
#define CLOUDLET_BASE_FORK_MARK_H_

#include <sys/mman.h>
#include <unistd.h>

namespace cloudlet::base {

class ForkMark {
 public:
  ForkMark() : process_(getpid()) {
    const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    if (madvise(memory, page, MADV_WIPEONFORK) != 0) {
      munmap(memory, page);
      return;
    }
    page_ = static_cast<volatile char*>(memory);
    bytes_ = page;
    *page_ = 1;
  }
  ~ForkMark() {
    if (page_ != nullptr) munmap(const_cast<char*>(page_), bytes_);
  }
  ForkMark(const ForkMark&) = delete;
  ForkMark& operator=(const ForkMark&) = delete;

  bool forked() const { return page_ != nullptr ? *page_ == 0 : getpid() != process_; }

 private:
  const pid_t process_;
  volatile char* page_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_FORK_MARK_H_
