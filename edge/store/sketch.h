// A count-min sketch of 4-bit counts that ages: all are halved after ten counts for each entry.
#ifndef CLOUDLET_EDGE_STORE_SKETCH_H_
#define CLOUDLET_EDGE_STORE_SKETCH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cloudlet::edge {

class Sketch {
 public:
  void Count(uint64_t hash);
  // 0 to 15; may be more than was counted, never less but for the halving.
  int Estimate(uint64_t hash) const;
  // Makes room for `entries`; what was counted is forgotten when it grows.
  void Reserve(size_t entries);

 private:
  static constexpr int kRows = 4;
  // Which count of row `row`: the word and the shift in it.
  size_t WordOf(uint64_t hash, int row) const;
  static int ShiftOf(uint64_t hash, int row);

  std::vector<uint64_t> words_ = std::vector<uint64_t>(16);  // a power of two; 16 counts each
  size_t counted_ = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_STORE_SKETCH_H_
