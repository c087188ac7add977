// What one opened store consists of, and what it was opened with. Rebuilt by a reopen; nothing in
// it outlives its Kv.
#ifndef CLOUDLET_OBJSTORE_STATE_H_
#define CLOUDLET_OBJSTORE_STATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/random.h"
#include "cloudlet/clock.h"
#include "cloudlet/cloud.h"
#include "cloudlet/limits.h"
#include "objstore/buckets.h"
#include "objstore/garbage.h"
#include "objstore/kv/kv.h"
#include "objstore/sequencer.h"
#include "objstore/stored_bytes.h"
#include "objstore/stripes.h"

namespace cloudlet::objstore {

// Constant for the life of a store, over reopens. Threads: immutable.
struct Environment {
  Limits limits;
  KeyPolicy key_policy = KeyPolicy::kBytes;
  std::string owner;
  std::string region = "us-east-1";  // of buckets that have none of their own
  std::shared_ptr<Clock> clock;
  std::shared_ptr<base::IdSource> ids;
};

inline kv::Durability EngineDurability(Durability durability) {
  return durability == Durability::kSync ? kv::Durability::kSync : kv::Durability::kBuffered;
}

// Each member synchronises itself; members later in the list use earlier ones.
struct State {
  explicit State(std::unique_ptr<kv::Kv> opened)
      : kv(std::move(opened)),
        sequencer(kv.get()),
        buckets(kv.get(), &sequencer),
        garbage(std::make_shared<Garbage>(kv.get())) {}

  const std::unique_ptr<kv::Kv> kv;
  uint64_t store_id = 0;    // set by the open
  uint64_t generation = 0;  // counts reopens
  Sequencer sequencer;
  BucketTable buckets;
  KeyStripes stripes;
  const std::shared_ptr<Garbage> garbage;
  StoredBytes stored;
};

// Checks or writes the format row and loads what the members keep in memory. `store_id` is that of
// the store that must be there, which then must not be new; 0: any. FAILED_PRECONDITION for another
// store or a newer format, DATA_LOSS for rows that do not parse.
absl::Status LoadState(State* state, const Environment& environment, uint64_t store_id);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STATE_H_
