// The function that derives meta/<path>.json from files/<path>: what the file is, and what it links
// to.
//
//   {"path":"a/index.html","size":1234,"etag":"...","content_type":"text/html;
//   charset=utf-8","links":["b.html"]}
#ifndef EXAMPLES_STATIC_SITE_DESCRIBE_H_
#define EXAMPLES_STATIC_SITE_DESCRIBE_H_

#include <string>

#include "absl/status/status.h"
#include "cloudlet/cloud.h"

namespace static_site {

// Makes meta/<path>.json tell of files/<path>, or removes it when there is no such file. Links are
// looked for in the first MiB. May be called at any time, any number of times.
absl::Status Describe(const cloudlet::Bucket& bucket, const std::string& path);

}  // namespace static_site

#endif  // EXAMPLES_STATIC_SITE_DESCRIBE_H_
