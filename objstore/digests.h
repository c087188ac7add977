// Digests of a body: which ones a put needs, computing them in one pass, comparing them with what
// the caller said, and the ETag made of them.
//
// The CRC64NVME of every object is kept; an object has at most one checksum beside it, the one that
// its writer named. Pure; a Digester belongs to one thread at a time.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
#ifndef CLOUDLET_OBJSTORE_DIGESTS_H_
#define CLOUDLET_OBJSTORE_DIGESTS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "base/md5.h"
#include "cloudlet/bucket.h"
#include "cloudlet/object.h"
#include "objstore/checksum.h"
#include "objstore/records.h"

namespace cloudlet::objstore {

// What is known of a body once all of it has been seen.
struct BodyDigests {
  uint64_t size = 0;
  uint64_t crc64nvme = 0;
  std::optional<base::Md5Digest> md5;
  std::optional<StoredChecksum> checksum;  // the one the writer named; never CRC64NVME
};

// Which digests to compute beside the CRC64NVME.
struct DigestPlan {
  bool md5 = false;  // also when the checksum is one
  std::optional<ChecksumAlgorithm> checksum = {};
};
// REQUIRES: CheckDigestForm is OK.
DigestPlan PlanDigests(EtagPolicy policy, const PutOptions& options);

// Computes them as bytes pass. The CRC64NVME comes from the chunks, not from here.
class Digester {
 public:
  explicit Digester(DigestPlan plan);
  void Update(std::string_view bytes);
  // Ends; size and crc64nvme are left to the caller.
  BodyDigests Finish();

 private:
  std::optional<base::Md5> md5_;
  bool md5_is_checksum_ = false;
  std::optional<ChecksumStream> checksum_;
};
BodyDigests DigestsOf(std::string_view body, DigestPlan plan);

// What the options of another call say of its bytes, as those of a put: what the functions here
// take.
template <typename Options>
PutOptions DigestsGiven(const Options& options) {
  PutOptions given;
  given.content_md5 = options.content_md5;
  given.checksum = options.checksum;
  if constexpr (requires { options.crc64nvme; }) given.crc64nvme = options.crc64nvme;
  if constexpr (requires { options.checksum_algorithm; }) {
    given.checksum_algorithm = options.checksum_algorithm;
  }
  return given;
}

// What is wrong with the digests of `options` whatever the body is: InvalidDigest for the
// Content-MD5; InvalidRequest for a checksum that is no base64 of its length, composite, of no
// algorithm, or in contradiction to another option.
absl::Status CheckDigestForm(const PutOptions& options);
// BadDigest (both values in the message) when what the caller says of the body is not so;
// InvalidRequest when it was not computed; else as CheckDigestForm.
absl::Status CheckDigests(const PutOptions& options, const BodyDigests& digests);
// S3's ETag rule for an object put in one piece, by the bucket's policy.
StoredEtag EtagOf(EtagPolicy policy, const BodyDigests& digests);

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_DIGESTS_H_
