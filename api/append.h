// Appending to an object: Bucket::Append.
//
// Extension, after S3's directory buckets: bytes are added behind those that an object has, without
// reading or writing these. Each append is a part of the object, which has at most 10,000
// (Limits::max_part_number), and costs time with their number: for logs of some kilobytes a piece
// rather than of single lines.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-append.html
#ifndef CLOUDLET_API_APPEND_H_
#define CLOUDLET_API_APPEND_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cloudlet/checksum.h"
#include "cloudlet/object.h"

namespace cloudlet {

struct AppendOptions {
  // The size that the object must have, 0 where there is none: S3's x-amz-write-offset-bytes.
  // InvalidWriteOffset when it has another, so of several writers one is first. Absent: whatever
  // it has.
  std::optional<uint64_t> write_offset = {};
  // On the object that is there, as in PutOptions.
  std::string if_match = {};
  // What the caller believes of the bytes that are added, as in PutOptions; BadDigest,
  // InvalidDigest, InvalidRequest.
  std::string content_md5 = {};
  std::optional<Checksum> checksum = {};
  Durability durability = Durability::kBuffered;
};

struct AppendResult {
  // As of an object with parts; the checksum of the whole is its CRC64NVME, whatever it was before.
  std::string etag = {};
  uint64_t size = 0;  // of the whole object
  uint64_t crc64nvme = 0;
  uint64_t sequence = 0;        // number of this change
  std::string request_id = {};  // the same that its event carries
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_APPEND_H_
