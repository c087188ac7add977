// Naming in an error what it was about, once, at the boundary: verb, bucket and key in front, the
// S3 code kept.
#ifndef CLOUDLET_OBJSTORE_ANNOTATE_H_
#define CLOUDLET_OBJSTORE_ANNOTATE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace cloudlet::objstore {

// `put "bucket/key": <message>`. An empty bucket or key is left out. UNAVAILABLE without a code
// gets ServiceUnavailable: that is what a latched store answers. OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view verb, std::string_view bucket,
                      std::string_view key = {});

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_ANNOTATE_H_
