// Bucket and key that a request addresses: path style and virtual-host style.
//
//   S3AddressOf("photos.localhost:9000", "/a//b%2Fc", {"localhost"})   // photos, "a//b/c"
//   S3AddressOf("127.0.0.1:9000", "/photos/cat.jpg", {"localhost"})    // photos, "cat.jpg"
//
// Keys are byte for byte what the path says once decoded: "//", ".", ".." and a slash at the end
// are parts of them.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
#ifndef CLOUDLET_HTTP_S3_ADDRESS_H_
#define CLOUDLET_HTTP_S3_ADDRESS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "http/s3_route.h"

namespace cloudlet::http {

struct S3Address {
  std::string bucket = {};  // empty: the service itself
  std::string key = {};     // empty: the bucket itself
  bool virtual_host = false;

  S3Scope scope() const {
    if (bucket.empty()) return S3Scope::kService;
    return key.empty() ? S3Scope::kBucket : S3Scope::kObject;
  }
};

// `host` as the Host header has it, with or without a port; `raw_path` as it was sent. A host that
// is "<bucket>." and one of `base_domains` names the bucket; any other host, and an address, leaves
// it to the path. InvalidURI: a path that does not begin with '/' or does not decode to UTF-8
// without NUL. InvalidBucketName: a key in a bucket without a name ("//key").
absl::StatusOr<S3Address> S3AddressOf(std::string_view host, std::string_view raw_path,
                                      const std::vector<std::string>& base_domains);

// The path, encoded, that addresses bucket and key in path style.
std::string S3PathOf(std::string_view bucket, std::string_view key);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_ADDRESS_H_
