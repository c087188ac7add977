// The lines behind a FakeLog. A fork shares those that were written before it: forking costs the
// same however many they are.
//
// Threads: any number at once.
#ifndef CLOUDLET_TESTING_LOG_BOOK_H_
#define CLOUDLET_TESTING_LOG_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace cloudlet::testing::kit_internal {

class LogBook {
 public:
  static constexpr size_t kMostLines = 100'000;

  // Times in the text count from `start`.
  explicit LogBook(absl::Time start) : start_(start) {}

  void Add(absl::Time now, std::string text);
  // At most `most` lines, the last ones.
  std::string ToText(size_t most) const;
  // A book with the same lines, to go on with.
  std::shared_ptr<LogBook> Fork();

 private:
  struct Line {
    absl::Time time;
    std::string text;
  };
  // Lines that nobody adds to any more, behind those of `before`.
  struct Pages {
    std::deque<Line> lines;
    std::shared_ptr<const Pages> before;
    size_t total = 0;  // with those before
  };

  std::vector<const Line*> Lines() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const absl::Time start_;
  mutable base::Mutex mu_;
  std::shared_ptr<const Pages> before_ ABSL_GUARDED_BY(mu_);
  std::deque<Line> lines_ ABSL_GUARDED_BY(mu_);
  uint64_t gone_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace cloudlet::testing::kit_internal

#endif  // CLOUDLET_TESTING_LOG_BOOK_H_
