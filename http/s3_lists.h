// What the listings of S3 have in common.
#ifndef CLOUDLET_HTTP_S3_LISTS_H_
#define CLOUDLET_HTTP_S3_LISTS_H_

#include <cstddef>
#include <string_view>

#include "absl/status/statusor.h"
#include "cloudlet/listing.h"
#include "http/s3_call.h"

namespace cloudlet::http {

// max-keys and its like: 1,000 where it is not there. InvalidArgument: no number.
absl::StatusOr<size_t> MaxParam(const S3Call& call, std::string_view name);
// encoding-type. InvalidArgument: another than url.
absl::StatusOr<EncodingType> EncodingParam(const S3Call& call);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_LISTS_H_
