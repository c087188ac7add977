// MemoryKv: an engine without files or threads, for fakes and for a second opinion in differential
// tests.
//
// Each family is a persistent (path-copying) treap, so a snapshot, an iterator and a fork are each
// one root pointer: taking them costs O(1) and holds no lock. Node priorities come from a hash of
// the key, so the same writes give the same tree on every machine.
//
// What kv.h leaves to the engine: every durability is kNone; a writer whose key range holds a key
// of the family, or crosses that of another writer, is INVALID_ARGUMENT to Ingest, and nothing of
// the call is taken then; so is an unknown family everywhere. Snapshots, iterators and pinned bytes
// may outlive the Kv. Nothing latches it.
//
// Threads: as Kv says; one mutex guards the roots, readers leave it at once with a pointer.
#ifndef CLOUDLET_OBJSTORE_KV_MEMORY_KV_H_
#define CLOUDLET_OBJSTORE_KV_MEMORY_KV_H_

#include <memory>
#include <string>
#include <vector>

#include "objstore/kv/kv.h"

namespace cloudlet::kv {

std::unique_ptr<Kv> NewMemoryKv(std::vector<std::string> families);

// A new MemoryKv with the same content, at O(1): later writes to either are unseen by the other.
// `kv` must have come from NewMemoryKv or ForkMemoryKv. A closed one keeps its content, and its
// fork is open: a fake's restart.
std::unique_ptr<Kv> ForkMemoryKv(Kv& kv);

}  // namespace cloudlet::kv

#endif  // CLOUDLET_OBJSTORE_KV_MEMORY_KV_H_
