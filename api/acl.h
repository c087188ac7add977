// Canned ACLs: S3's ready-made grants of a bucket or an object to others than its owner.
//
//   cloud.CreateBucket("site", {.acl = CannedAcl::kPublicRead});
//   bucket.Put("index.html", page, {.acl = CannedAcl::kPublicRead});
//   bucket.As(Caller::Anonymous()).Get("index.html");
//
// Who owns a bucket owns every object in it, whoever put it, and may do everything with both. An
// ACL adds what others may do:
//
//                       on a bucket                              on an object
//   kPrivate            nothing                                  nothing
//   kPublicRead         everyone may list                        everyone may read it
//   kPublicReadWrite    everyone may list and write              everyone may read it
//   kAuthenticatedRead  who is not anonymous may list            who is not anonymous may read it
//   the others          nothing: they grant something to the owner or to services of AWS
//
// list    List, ListVersions, ListMultipartUploads, HeadBucket
// write   Put, Copy to, Delete (not of a version by its id), DeleteMany, Append, Rename, multipart
//         uploads; of these only one's own can be listed and aborted
// read    Get, Head, GetAttributes, Copy and UploadPartCopy from (of what has tags or annotations
//         only without them)
//
// All else is the owner's alone (AccessDenied): ACLs, tags, annotations, configuration, versions'
// ends. Who may not list a bucket gets AccessDenied for a key or version that is not there, too.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
//
// Threads: free functions over values; any thread.
#ifndef CLOUDLET_API_ACL_H_
#define CLOUDLET_API_ACL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cloudlet {

// The numbers are stored: they stay.
enum class CannedAcl : uint8_t {
  kPrivate = 0,
  kPublicRead = 1,
  kPublicReadWrite = 2,
  kAuthenticatedRead = 3,
  kAwsExecRead = 4,
  kBucketOwnerRead = 5,
  kBucketOwnerFullControl = 6,
  kLogDeliveryWrite = 7,  // of buckets only: InvalidArgument for an object
};

// As in the x-amz-acl header, "public-read"; empty for what is none of them.
std::string_view CannedAclName(CannedAcl acl);
// The one called `name`; nullopt when there is none.
std::optional<CannedAcl> CannedAclNamed(std::string_view name);

struct BucketAcl {
  std::string owner = {};  // canonical user id
  CannedAcl acl = CannedAcl::kPrivate;
};

struct ObjectAcl {
  std::string owner = {};  // canonical user id: that of the bucket's owner
  CannedAcl acl = CannedAcl::kPrivate;
  std::string version_id = {};  // whose it is; as in ObjectInfo
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_ACL_H_
