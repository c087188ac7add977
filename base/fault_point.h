// Named places where a test may let the process die or do something nasty.
//
//   CLOUDLET_FAULT_POINT("commit/after_write");
//
// compiles to nothing unless the whole build has CLOUDLET_FAULT_POINTS defined. Where it is
// defined, each hit is counted, an installed action runs, and a child process started with
//
//   CLOUDLET_KILL_AT=name:n      (n counts from 1)
//
// kills itself with SIGKILL at the n-th hit of that point. A test lists the points by running
// once to the end (FaultPointHits), then dies at each in turn. This registry is the only
// process-wide state of the project, and exists in such test builds only. Thread-safe.
#ifndef CLOUDLET_BASE_FAULT_POINT_H_
#define CLOUDLET_BASE_FAULT_POINT_H_

#ifdef CLOUDLET_FAULT_POINTS

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#define CLOUDLET_FAULT_POINT(name) ::cloudlet::base::HitFaultPoint(name)

namespace cloudlet::base {

// What the macro calls.
void HitFaultPoint(std::string_view name);

// Runs `action(n)` at the n-th hit (from 1, counted since the last reset) of `name`, on the
// hitting thread, with no lock of the registry held. Replaces an earlier action; an empty one
// removes it.
void SetFaultAction(std::string_view name, std::function<void(uint64_t)> action);

// How often each point was hit since the last reset, by name.
std::map<std::string, uint64_t> FaultPointHits();

// Forgets all actions and hits. CLOUDLET_KILL_AT is kept and counts anew.
void ResetFaultPoints();

}  // namespace cloudlet::base

#else

#define CLOUDLET_FAULT_POINT(name) static_cast<void>(0)

#endif  // CLOUDLET_FAULT_POINTS

#endif  // CLOUDLET_BASE_FAULT_POINT_H_
