// Commit observers: told of every change of a bucket's objects before the call that made it
// returns.
//
// What coherent caches and recorders hang on. For anything that may fail, wait or take long, use a
// function.
#ifndef CLOUDLET_API_OBSERVER_H_
#define CLOUDLET_API_OBSERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace cloudlet {

enum class ChangeKind { kWritten, kRemoved };

// Valid during the call only.
struct Change {
  ChangeKind kind = ChangeKind::kWritten;
  std::string_view bucket;
  std::string_view key;
  // Of two changes of one key the larger came later. The object's own may be lower: of new tags,
  // and where an older version is current again.
  uint64_t sequence = 0;
};

// Runs on the committing thread, after the write and before the call returns, no lock held: the
// changes of one key may so arrive out of order from several threads; `sequence` tells. It must be
// quick, must not throw (the process ends) and must not call the Cloud.
using CommitObserver = std::function<void(const Change&)>;

// Keeps an observer attached; gone, the observer is called no more once running calls have
// returned. Do not drop one from inside an observer. It may outlive the Cloud.
using ObserverToken = std::shared_ptr<void>;

}  // namespace cloudlet

#endif  // CLOUDLET_API_OBSERVER_H_
