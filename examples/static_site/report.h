// What a run tells the person in front of it: a line while it goes on, a table at the end.
#ifndef EXAMPLES_STATIC_SITE_REPORT_H_
#define EXAMPLES_STATIC_SITE_REPORT_H_

#include <string>

#include "absl/time/time.h"
#include "examples/static_site/site.h"

namespace static_site {

// One line, without a newline.
std::string ProgressLine(const Progress& progress);

// Several lines, each with its newline.
std::string Table(const RunReport& report);

// Shows progress in one line of the terminal that stderr is, at most ten times a second; does
// nothing when stderr is no terminal. Threads: one at a time.
class ProgressDisplay {
 public:
  ProgressDisplay();
  ~ProgressDisplay();  // clears the line
  void Show(const Progress& progress);

 private:
  const bool is_terminal_;
  absl::Time next_ = absl::InfinitePast();
};

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_REPORT_H_
