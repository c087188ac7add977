// The function that derives gz/<path>.gz from files/<path>.
#ifndef EXAMPLES_STATIC_SITE_COMPRESS_H_
#define EXAMPLES_STATIC_SITE_COMPRESS_H_

#include <string>

#include "absl/status/status.h"
#include "cloudlet/cloud.h"

namespace static_site {

// Makes gz/<path>.gz the gzip of files/<path>, or removes it when there is no such file or its type
// is not worth compressing. A file of any size passes through in bounded memory. May be called at
// any time, any number of times.
absl::Status Compress(const cloudlet::Bucket& bucket, const std::string& path);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_COMPRESS_H_
