// S3's documents about buckets: their list, where they are, their versioning; and tags, of buckets
// and of objects.
//
// Encode* writes a document, Decode* reads one: MalformedXML for what is none. Those of requests
// are read strictly, those of answers leniently.
#ifndef CLOUDLET_HTTP_S3_DOCUMENTS_BUCKET_H_
#define CLOUDLET_HTTP_S3_DOCUMENTS_BUCKET_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cloudlet/bucket.h"
#include "cloudlet/tags.h"
#include "http/s3_xml_fields.h"

namespace cloudlet::http {

struct ListedBucket {
  std::string name = {};
  absl::Time created = {};
  std::string region = {};  // BucketRegion; empty: not told, as to who did not ask for pages
};

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
struct BucketListDocument {
  Owner owner = {};
  std::vector<ListedBucket> buckets = {};
  std::string prefix = {};              // of the request; empty: not told
  std::string continuation_token = {};  // of the next page; empty: this is the last
};
std::string EncodeBucketList(const BucketListDocument& list);
absl::StatusOr<BucketListDocument> DecodeBucketList(std::string_view xml);

// The body of CreateBucket, which may be empty. NotImplemented for directory buckets.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html
struct CreateBucketDocument {
  std::string location = {};  // LocationConstraint; empty: the server's own
  TagSet tags = {};
};
std::string EncodeCreateBucket(const CreateBucketDocument& configuration);
absl::StatusOr<CreateBucketDocument> DecodeCreateBucket(std::string_view xml);

// The answer of GetBucketLocation: an empty element for us-east-1, and "EU" is eu-west-1.
std::string EncodeLocation(std::string_view region);
absl::StatusOr<std::string> DecodeLocation(std::string_view xml);

// Both directions of both requests. Without a status: kOff, which no request may ask for.
// NotImplemented: MfaDelete Enabled.
std::string EncodeVersioning(Versioning versioning);
absl::StatusOr<Versioning> DecodeVersioning(std::string_view xml);

// Both directions of all requests. Whether the tags may be is for whom they are given to to say.
std::string EncodeTagging(const TagSet& tags);
absl::StatusOr<TagSet> DecodeTagging(std::string_view xml);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_DOCUMENTS_BUCKET_H_
