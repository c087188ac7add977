// Whether this thread is inside an origin of the user's. Such a thread may ask the distribution for
// something else, and must not wait for anybody else's fetch then: that one could wait for it.
#ifndef CLOUDLET_EDGE_USER_CODE_H_
#define CLOUDLET_EDGE_USER_CODE_H_

namespace cloudlet::edge {

class InUserCode {
 public:
  InUserCode() { ++depth_; }
  ~InUserCode() { --depth_; }
  InUserCode(const InUserCode&) = delete;
  InUserCode& operator=(const InUserCode&) = delete;

  static bool here() { return depth_ > 0; }

 private:
  static inline thread_local int depth_ = 0;
};

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_USER_CODE_H_
