// Zipf's law, for traces and loads that are made from a seed.
#ifndef CLOUDLET_BASE_ZIPF_H_
#define CLOUDLET_BASE_ZIPF_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace cloudlet::base {

// Ranks from 0 on, with probability proportional to 1 / (rank + 1)^skew.
class Zipf {
 public:
  Zipf(uint32_t objects, double skew) : sums_(objects) {
    double sum = 0;
    for (uint32_t i = 0; i < objects; ++i) sums_[i] = sum += std::pow(i + 1.0, -skew);
  }
  uint32_t Next(Random& random) const {
    const double at = random.Unit() * sums_.back();
    return static_cast<uint32_t>(std::upper_bound(sums_.begin(), sums_.end() - 1, at) -
                                 sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_ZIPF_H_
