// All documents of S3: what a decoder takes, its encoder writes so that it is taken again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/fuzz/fuzz.h"
#include "http/s3_documents_acl.h"
#include "http/s3_documents_bucket.h"
#include "http/s3_documents_delete.h"
#include "http/s3_documents_list.h"
#include "http/s3_documents_multipart.h"
#include "http/s3_documents_notification.h"
#include "http/s3_documents_object.h"
#include "http/s3_errors.h"

namespace cloudlet::http {
namespace {

void FuzzXml(std::string_view xml) {
  if (const auto tags = DecodeTagging(xml); tags.ok()) {
    Require(*DecodeTagging(EncodeTagging(*tags)) == *tags);
  }
  if (const auto request = DecodeDelete(xml); request.ok()) {
    Require(DecodeDelete(EncodeDelete(*request))->objects == request->objects);
  }
  if (const auto parts = DecodeComplete(xml); parts.ok()) {
    Require(DecodeComplete(EncodeComplete(*parts))->size() == parts->size());
  }
  if (const auto list = DecodeObjectList(xml); list.ok()) {
    Require(DecodeObjectList(EncodeObjectListV1(*list)).ok());
    Require(DecodeObjectList(EncodeObjectListV2(*list)).ok());
  }
  if (const auto list = DecodeVersionList(xml); list.ok()) {
    Require(DecodeVersionList(EncodeVersionList(*list)).ok());
  }
  if (const auto acl = DecodeAcl(xml); acl.ok()) {
    Require(DecodeAcl(EncodeAcl(*acl))->grants == acl->grants);
    (void)CannedAclOf(*acl, AclOf::kBucket);
  }
  if (const auto triggers = DecodeNotification(xml, "b"); triggers.ok()) {
    Require(DecodeNotification(EncodeNotification(*triggers, "r"), "b").ok());
  }
  if (const auto error = DecodeError(xml, 400); error.ok()) (void)StatusOf(*error);
  if (const auto copied = DecodeCopied(xml); copied.ok()) (void)EncodeCopyObjectResult(*copied);
  (void)DecodeBucketList(xml);
  (void)DecodeCreateBucket(xml);
  (void)DecodeLocation(xml);
  (void)DecodeVersioning(xml);
  (void)DecodeDeleteResult(xml);
  (void)DecodeCreatedUpload(xml);
  (void)DecodeCompletedUpload(xml);
  (void)DecodePartList(xml);
  (void)DecodeUploadList(xml);
  (void)DecodeAttributes(xml);
  (void)DecodeAnnotationPut(xml);
  (void)DecodeAnnotationList(xml);
  (void)DecodePosted(xml);
}

}  // namespace

const std::vector<std::string>& FuzzSeeds() {
  static const std::vector<std::string>& seeds = *new std::vector<std::string>{
      "<Tagging><TagSet><Tag><Key>a&#x1;</Key><Value>b</Value></Tag></TagSet></Tagging>",
      "<Delete><Object><Key>a</Key><VersionId>v</VersionId></Object><Quiet>true</Quiet></Delete>",
      // NOLINTNEXTLINE(bugprone-suspicious-missing-comma)
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag>"
      "<ChecksumCRC32>AAAA</ChecksumCRC32></Part></CompleteMultipartUpload>",
      "<ListBucketResult><EncodingType>url</EncodingType><Prefix>%20</Prefix><CommonPrefixes>"
      "<Prefix>a%2B</Prefix></CommonPrefixes></ListBucketResult>",
      "<NotificationConfiguration><QueueConfiguration><Queue>arn:aws:sqs:r:0:q</Queue><Event>"
      "s3:ObjectCreated:*</Event></QueueConfiguration></NotificationConfiguration>",
      "<AccessControlPolicy><AccessControlList><Grant><Grantee xsi:type='Group'><URI>u</URI>"
      "</Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>",
      "<?xml version='1.0'?><!-- c --><A xmlns='u'><![CDATA[<x>]]>&amp;&#65;</A>",
  };
  return seeds;
}

}  // namespace cloudlet::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudlet::http::FuzzXml(cloudlet::http::TextOf(data, size));
  return 0;
}
