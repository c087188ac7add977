// Who has to leave a full cache of the edge.
//
// Extension: CloudFront does not say how it evicts. docs/edge.md compares these on ten traces.
#ifndef CLOUDLET_API_EDGE_EVICTION_H_
#define CLOUDLET_API_EDGE_EVICTION_H_

namespace cloudlet {

enum class EvictionPolicy {
  kS3Fifo,    // small queue, main queue, ghosts; the small queue adapts. For most uses
  kLru,       // who was asked for the longest time ago: what CDNs are mostly modelled as
  kSieve,     // one queue and a hand; simple, but not safe against scans
  kWTinyLfu,  // an LRU window, and a main part that is entered by frequency
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_EDGE_EVICTION_H_
