// A set of bytes, looked up in a table.
#ifndef CLOUDLET_EDGE_CHAR_SET_H_
#define CLOUDLET_EDGE_CHAR_SET_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace cloudlet::edge {

class CharSet {
 public:
  // Those for which `member` is true.
  template <typename Member>
  constexpr explicit CharSet(Member member) : has_() {
    for (size_t byte = 0; byte < has_.size(); ++byte) {
      has_[byte] = member(static_cast<unsigned char>(byte));
    }
  }

  constexpr bool Has(char c) const { return has_[static_cast<unsigned char>(c)]; }
  // Whether all of `text` are members; also of an empty one.
  bool HasAll(std::string_view text) const {
    bool all = true;
    for (const char c : text) all &= Has(c);  // without a branch: mostly all are
    return all;
  }

 private:
  std::array<bool, 256> has_;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_CHAR_SET_H_
