// S3's listings as documents: of objects in both versions of the request, and of versions.
//
//   EncodeObjectListV2({.bucket = "photos", .options = options, .page = page, .owner = owner});
//
// A document repeats what was asked for; with EncodingType::kUrl the page's keys are encoded
// already (cloudlet/listing.h), and what is repeated is encoded here.
#ifndef CLOUDLET_HTTP_S3_DOCUMENTS_LIST_H_
#define CLOUDLET_HTTP_S3_DOCUMENTS_LIST_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "cloudlet/listing.h"
#include "http/s3_xml_fields.h"

namespace cloudlet::http {

struct ObjectListDocument {
  std::string bucket = {};
  // What was asked for, as raw texts.
  ListPageOptions options = {};
  // Its `owner` is not looked at.
  ListPage page = {};
  // Of all objects; told by the first version always, by the second with fetch_owner. No id: not.
  Owner owner = {};
};

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html: NextMarker only with a
// delimiter, as S3 has it.
std::string EncodeObjectListV1(const ObjectListDocument& list);
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
std::string EncodeObjectListV2(const ObjectListDocument& list);
// Either of them. Entries are in the order of their keys' bytes again.
absl::StatusOr<ObjectListDocument> DecodeObjectList(std::string_view xml);

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
struct VersionListDocument {
  std::string bucket = {};
  VersionPageOptions options = {};
  VersionPage page = {};
  Owner owner = {};
};
std::string EncodeVersionList(const VersionListDocument& list);
absl::StatusOr<VersionListDocument> DecodeVersionList(std::string_view xml);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_S3_DOCUMENTS_LIST_H_
