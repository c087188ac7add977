// On whose behalf a request is made, and what caused it.
//
// In process the caller is the owner of the store, who owns the buckets that are created so; the
// wire (and tests of permissions) put others here: `bucket.As(caller)`. Buckets of others are
// theirs: cloudlet/acl.h says who may do what. Authorisation happens in the store, on the very
// record that is acted upon, before its conditions are looked at.
#ifndef CLOUDLET_API_CALLER_H_
#define CLOUDLET_API_CALLER_H_

#include <cstdint>
#include <string>

namespace cloudlet {

// The principal of a caller who gave no credentials.
inline constexpr char kAnonymousPrincipal[] = "anonymous";

// Where a request stands in a chain of events: put -> event -> function -> put -> ...
struct Causation {
  // Sequence number of the change that began the chain; 0: this request begins one.
  uint64_t root = 0;
  uint64_t parent = 0;  // sequence number of the change whose event ran the function; 0: none
  int hops = 0;         // functions between the root and this request; below 0 counts as 0
};

// A value; share it freely. Default: the owner, from this process.
struct Caller {
  std::string principal = {};                // canonical user id; empty: the owner of the store
  std::string source_address = "127.0.0.1";  // shown in events as sourceIPAddress
  std::string request_id = {};               // empty: the store makes one
  Causation causation = {};

  static Caller Anonymous() {
    Caller caller;
    caller.principal = kAnonymousPrincipal;
    return caller;
  }
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_CALLER_H_
