// FakeLog: what happened in a FakeCloud, as text that a test can compare, or a person read.
//
//   +0       written inbox/a #3
//   +0       run resize attempt 1: ObjectCreated:Put inbox/a #3
//   +0       fault get "inbox/a": SlowDown
//   +0       ended resize attempt 1: RESOURCE_EXHAUSTED: get "inbox/a": ...
//   +1m      run resize attempt 2: ObjectCreated:Put inbox/a #3
//   +1m      written outbox/a #4
//   +1m      ended resize attempt 2: OK
//
// A line is: simulated time since the FakeCloud was made, then what happened. #n is the number of
// the change (Event::sequence). "written" and "removed" are changes of objects, of whoever made
// them; annotations are not told. "run" and "ended" are handlers, "fault" what an injected fault
// struck, "warning" and "error" what the library logged of itself. Ids that are random (UUIDs)
// become <id 1>, <id 2>, ... in the order in which they come. The same seed and the same calls give
// the same bytes, as long as one thread makes them.
//
// The last 100,000 lines are kept; a first line says how many are gone.
//
// Threads: any number at once. A value; it may outlive the FakeCloud, and goes on with it.
#ifndef CLOUDLET_TESTING_FAKE_LOG_H_
#define CLOUDLET_TESTING_FAKE_LOG_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace cloudlet::testing {

namespace kit_internal {
class LogBook;
}  // namespace kit_internal

class FakeLog {
 public:
  // All lines, each with a newline at its end.
  std::string ToText() const;
  // The last `lines` of them.
  std::string Tail(size_t lines) const;

  explicit FakeLog(std::shared_ptr<const kit_internal::LogBook> book) : book_(std::move(book)) {}

 private:
  std::shared_ptr<const kit_internal::LogBook> book_;
};

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTING_FAKE_LOG_H_
