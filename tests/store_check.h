// What must hold in any store at any moment between calls, whatever happened to it before: asked
// through the public API.
//
// The functions answer with one line per problem, so that a child process without a test framework
// can use them.
#ifndef CLOUDLET_TESTS_STORE_CHECK_H_
#define CLOUDLET_TESTS_STORE_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cloudlet/cloud.h"

namespace cloudlet::testing {

using Problems = std::vector<std::string>;

// Bytes that only `op` writes: they do not compress, and no piece of them stands twice.
std::string BodyOf(uint64_t op, size_t size);

// All events of the store, page by page; a problem is added when they cannot be read or do not
// ascend.
std::vector<Event> AllEvents(Cloud& cloud, Problems* problems);

// In a bucket that retained its events from the first put on: the newest event of a key (those of
// tags and annotations aside) and its object agree in everything, and an object without an event
// (or the other way round) is a problem.
void CompareEventsWithObjects(Cloud& cloud, const std::string& bucket,
                              const std::vector<Event>& events, Problems* problems);

// Objects of the bucket whose metadata "op" names the call that wrote them have that call's bytes.
// Only those of at most `most_bytes` are read.
void CheckBodies(const Bucket& bucket, uint64_t most_bytes, Problems* problems);

// VerifyStore has nothing to say.
void CheckVerify(Cloud& cloud, Problems* problems);

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_STORE_CHECK_H_
