// Lines of eight marks, told apart by the low bits of their fingerprints.
#include "edge/store/ghost.h"

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace cloudlet::edge {

uint32_t Ghost::FingerprintOf(uint64_t hash) {
  const auto mixed = static_cast<uint32_t>(base::Mix64(hash) >> 32);
  return mixed == 0 ? 1 : mixed;
}

void Ghost::Put(Mark mark) {
  Line& line = LineOf(mark.fingerprint);
  Mark* place = &line[0];
  for (Mark& one : line) {
    if (one.fingerprint == 0 || one.fingerprint == mark.fingerprint) {
      place = &one;
      break;
    }
    if (added_ - one.number > added_ - place->number) place = &one;
  }
  *place = mark;
}

void Ghost::Add(uint64_t hash) {
  const uint32_t fingerprint = FingerprintOf(hash);
  ++added_;
  // Not twice: a free mark may stand before the one that is there.
  for (Mark& one : LineOf(fingerprint)) {
    if (one.fingerprint == fingerprint) one = Mark();
  }
  Put({fingerprint, added_});
}

std::optional<uint64_t> Ghost::Take(uint64_t hash, uint64_t most) {
  const uint32_t fingerprint = FingerprintOf(hash);
  for (Mark& one : LineOf(fingerprint)) {
    if (one.fingerprint != fingerprint) continue;
    const uint32_t since = added_ - one.number;
    one = Mark();
    if (since >= most) return std::nullopt;
    return since;
  }
  return std::nullopt;
}

void Ghost::Reserve(uint64_t most) {
  size_t lines = lines_.size();
  while (lines * std::tuple_size_v<Line> < 2 * most) lines *= 2;
  if (lines == lines_.size()) return;
  const std::vector<Line> old = std::exchange(lines_, std::vector<Line>(lines));
  for (const Line& line : old) {
    for (const Mark& mark : line) {
      if (mark.fingerprint != 0) Put(mark);
    }
  }
}

}  // namespace cloudlet::edge
