// Shapes as in S3's service model; order of the elements as in its answers.
#include "http/s3_documents_bucket.h"

#include <utility>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "http/http_date.h"
#include "http/xml.h"

namespace cloudlet::http {
namespace {

absl::Status Malformed(std::string_view why) { return MakeError(ErrorCode::kMalformedXml, why); }

void WriteTags(XmlWriter* xml, std::string_view element, const TagSet& tags) {
  xml->Open(element);
  for (const Tag& tag : tags) {
    xml->Open("Tag").Text("Key", tag.key).Text("Value", tag.value).Close();
  }
  xml->Close();
}

absl::StatusOr<TagSet> ReadTags(const XmlElement& set) {
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(set, {}, {"Tag"}));
  TagSet tags;
  for (const XmlElement tag : set.children()) {
    CLOUDLET_RETURN_IF_ERROR(OnlyChildren(tag, {"Key", "Value"}));
    CLOUDLET_ASSIGN_OR_RETURN(std::string key, ReadText(tag, "Key"));
    CLOUDLET_ASSIGN_OR_RETURN(std::string value, ReadText(tag, "Value"));
    tags.push_back({std::move(key), std::move(value)});
  }
  return tags;
}

}  // namespace

std::string EncodeBucketList(const BucketListDocument& list) {
  XmlWriter xml("ListAllMyBucketsResult");
  WriteOwner(&xml, "Owner", list.owner);
  xml.Open("Buckets");
  for (const ListedBucket& bucket : list.buckets) {
    xml.Open("Bucket").Text("Name", bucket.name);
    xml.Text("CreationDate", FormatIsoTime(bucket.created));
    xml.TextIfAny("BucketRegion", bucket.region).Close();
  }
  xml.Close().TextIfAny("Prefix", list.prefix);
  xml.TextIfAny("ContinuationToken", list.continuation_token);
  return std::move(xml).Finish();
}

absl::StatusOr<BucketListDocument> DecodeBucketList(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "ListAllMyBucketsResult", kLargeXmlBytes));
  const XmlElement root = document.root();
  BucketListDocument list;
  list.owner = ReadOwner(root, "Owner");
  for (const XmlElement bucket : root.Child("Buckets").children()) {
    ListedBucket entry;
    CLOUDLET_ASSIGN_OR_RETURN(entry.name, ReadText(bucket, "Name"));
    CLOUDLET_ASSIGN_OR_RETURN(entry.created, ReadTime(bucket, "CreationDate"));
    entry.region = TextOr(bucket, "BucketRegion");
    list.buckets.push_back(std::move(entry));
  }
  list.prefix = TextOr(root, "Prefix");
  list.continuation_token = TextOr(root, "ContinuationToken");
  return list;
}

std::string EncodeCreateBucket(const CreateBucketDocument& configuration) {
  XmlWriter xml("CreateBucketConfiguration");
  xml.TextIfAny("LocationConstraint", configuration.location);
  if (!configuration.tags.empty()) WriteTags(&xml, "Tags", configuration.tags);
  return std::move(xml).Finish();
}

absl::StatusOr<CreateBucketDocument> DecodeCreateBucket(std::string_view text) {
  if (text.empty()) return CreateBucketDocument();
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "CreateBucketConfiguration"));
  const XmlElement root = document.root();
  if (root.Child("Location").exists() || root.Child("Bucket").exists()) {
    return MakeError(ErrorCode::kNotImplemented, "directory buckets are not implemented");
  }
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(root, {"LocationConstraint"}, {"Tags"}));
  CreateBucketDocument configuration;
  configuration.location = TextOr(root, "LocationConstraint");
  CLOUDLET_ASSIGN_OR_RETURN(configuration.tags, ReadTags(root.Child("Tags")));
  return configuration;
}

std::string EncodeLocation(std::string_view region) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"";
  out += kS3Namespace;
  out += "\">";
  if (region != "us-east-1") AppendXmlEscaped(&out, region);
  return out + "</LocationConstraint>";
}

absl::StatusOr<std::string> DecodeLocation(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "LocationConstraint"));
  std::string region = document.root().text();
  if (region.empty()) return std::string("us-east-1");
  return region == "EU" ? std::string("eu-west-1") : region;
}

std::string EncodeVersioning(Versioning versioning) {
  XmlWriter xml("VersioningConfiguration");
  if (versioning == Versioning::kEnabled) xml.Text("Status", "Enabled");
  if (versioning == Versioning::kSuspended) xml.Text("Status", "Suspended");
  return std::move(xml).Finish();
}

absl::StatusOr<Versioning> DecodeVersioning(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document,
                            XmlDocument::Parse(text, "VersioningConfiguration"));
  const XmlElement root = document.root();
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(root, {"Status", "MfaDelete"}));
  const std::string mfa = TextOr(root, "MfaDelete", "Disabled");
  if (mfa == "Enabled")
    return MakeError(ErrorCode::kNotImplemented, "MfaDelete is not implemented");
  if (mfa != "Disabled") return Malformed("MfaDelete is neither Enabled nor Disabled");
  const std::optional<std::string> status = root.ChildText("Status");
  if (!status.has_value()) return Versioning::kOff;
  if (*status == "Enabled") return Versioning::kEnabled;
  if (*status == "Suspended") return Versioning::kSuspended;
  return Malformed("Status is neither Enabled nor Suspended");
}

std::string EncodeTagging(const TagSet& tags) {
  XmlWriter xml("Tagging");
  WriteTags(&xml, "TagSet", tags);
  return std::move(xml).Finish();
}

absl::StatusOr<TagSet> DecodeTagging(std::string_view text) {
  CLOUDLET_ASSIGN_OR_RETURN(const XmlDocument document, XmlDocument::Parse(text, "Tagging"));
  const XmlElement root = document.root();
  CLOUDLET_RETURN_IF_ERROR(OnlyChildren(root, {}, {"TagSet"}));
  if (!root.Child("TagSet").exists()) return Malformed("there is no TagSet");
  return ReadTags(root.Child("TagSet"));
}

}  // namespace cloudlet::http
