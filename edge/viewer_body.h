// What a viewer reads of a body that is on its way: counted, and its end told.
#ifndef CLOUDLET_EDGE_VIEWER_BODY_H_
#define CLOUDLET_EDGE_VIEWER_BODY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "cloudlet/edge_origin.h"

namespace cloudlet::edge {

// How many bytes have been read when it was over, and why it is not whole, as CloudFront's logs
// have it: "OriginReadError" where it broke off, "ClientCommError" where it was dropped; else "".
using BodyEnd = std::function<void(uint64_t bytes, std::string_view error)>;

// `inner` with its bytes added to `bytes_out`. `ended` is called once, at the latest by the
// destructor, and held until then: what it holds may keep `bytes_out`.
std::unique_ptr<HttpBody> MakeViewerBody(std::unique_ptr<HttpBody> inner,
                                         std::atomic<uint64_t>* bytes_out, BodyEnd ended);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_VIEWER_BODY_H_
