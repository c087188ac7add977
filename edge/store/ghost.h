// Fingerprints of entries that left lately, oldest forgotten first.
//
// A table of 64-byte lines of eight: a line that overflows forgets its oldest before its time,
// which is rare at the half load that is kept. 16 to 32 bytes for each that is remembered. Of a
// hash 32 bits are kept: among a million ghosts a stranger is found once in 4,000 looks.
#ifndef CLOUDLET_EDGE_STORE_GHOST_H_
#define CLOUDLET_EDGE_STORE_GHOST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cloudlet::edge {

class Ghost {
 public:
  // Remembers `hash` as the newest, once.
  void Add(uint64_t hash);

  // How many were added since, if it is among the last `most`; it is forgotten then. nullopt: not
  // remembered.
  std::optional<uint64_t> Take(uint64_t hash, uint64_t most);

  // Makes room for `most`. Never shrinks.
  void Reserve(uint64_t most);

 private:
  struct Mark {
    uint32_t fingerprint = 0;  // 0: free
    uint32_t number = 0;       // of the addition, modulo 2^32
  };
  using Line = std::array<Mark, 8>;

  static uint32_t FingerprintOf(uint64_t hash);
  Line& LineOf(uint32_t fingerprint) { return lines_[fingerprint & (lines_.size() - 1)]; }
  void Put(Mark mark);

  std::vector<Line> lines_ = std::vector<Line>(1);  // a power of two of them
  uint32_t added_ = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_GHOST_H_
