// Four rows in one array: a word by one part of a mixed hash, four of its bits by another.
#include "edge/store/sketch.h"

#include <algorithm>

#include "base/random.h"

namespace cloudlet::edge {
namespace {

uint64_t Mixed(uint64_t hash, int row) {
  return base::Mix64(hash + 0x9E3779B97F4A7C15u * static_cast<uint64_t>(row + 1));
}

}  // namespace

size_t Sketch::WordOf(uint64_t hash, int row) const {
  return (Mixed(hash, row) >> 8) & (words_.size() - 1);
}

int Sketch::ShiftOf(uint64_t hash, int row) {
  // Rows keep to their own quarter of a word, so none counts into another's.
  return 16 * row + 4 * static_cast<int>(Mixed(hash, row) & 3);
}

void Sketch::Count(uint64_t hash) {
  for (int row = 0; row < kRows; ++row) {
    uint64_t& word = words_[WordOf(hash, row)];
    const int shift = ShiftOf(hash, row);
    if (((word >> shift) & 15) < 15) word += uint64_t{1} << shift;
  }
  // A word for each entry.
  if (++counted_ < 10 * words_.size()) return;
  for (uint64_t& word : words_) word = (word >> 1) & 0x7777777777777777u;
  counted_ /= 2;
}

int Sketch::Estimate(uint64_t hash) const {
  uint64_t least = 15;
  for (int row = 0; row < kRows; ++row) {
    least = std::min(least, (words_[WordOf(hash, row)] >> ShiftOf(hash, row)) & 15);
  }
  return static_cast<int>(least);
}

void Sketch::Reserve(size_t entries) {
  size_t words = words_.size();
  while (words < entries) words *= 2;
  if (words == words_.size()) return;
  words_.assign(words, 0);
  counted_ = 0;
}

}  // namespace cloudlet::edge
