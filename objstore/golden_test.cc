// The bytes of format 1 against files that never change: stores written by any release of this
// format must open with every later one. When this test fails, the format has changed: make a new
// format and a way to open this one; do not change the files.
//
// A file holds lines "name hex", '#' begins a comment.
#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "base/crc.h"
#include "base/strings.h"
#include "gtest/gtest.h"
#include "objstore/annotation_rows.h"
#include "objstore/delivery_rows.h"
#include "objstore/keys.h"
#include "objstore/records.h"
#include "objstore/records.pb.h"
#include "objstore/records_testing.h"
#include "objstore/upload_rows.h"

namespace cloudlet::objstore {
namespace {

using Golden = std::map<std::string, std::string>;

Golden Load(const std::string& name) {
  Golden golden;
  std::ifstream in("objstore/testdata/" + name);
  EXPECT_TRUE(in.good()) << name;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.find(' ');
    golden[line.substr(0, space)] = line.substr(space + 1);
  }
  return golden;
}

std::string Text(const Golden& rows) {
  std::string text;
  for (const auto& [name, hex] : rows) text.append(name).append(" ").append(hex).append("\n");
  return text;
}

std::string Unhexed(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

rows::LeaseRow Lease() {
  rows::LeaseRow row;
  row.set_commit_end(65'537);
  row.set_payload_end(131'073);
  return row;
}

rows::FormatRow Format() {
  rows::FormatRow row;
  row.set_major(1);
  row.set_store_id(0x8182838485868788);
  row.set_created_ms(1'893'456'000'123);
  return row;
}

rows::BucketRow Bucket() {
  rows::BucketRow row;
  row.set_id(300);
  row.set_created_ms(1'893'456'000'123);
  row.set_owner("owner");
  row.set_etag_policy(1);
  row.set_retain_events(true);
  row.set_versioning(1);
  return row;
}

rows::BucketRow TaggedBucket() {
  rows::BucketRow row = Bucket();
  rows::TagRow* const tag = row.add_tags();
  tag->set_key("animal");
  tag->set_value("cat");
  return row;
}

rows::BucketRow SharedBucket() {
  rows::BucketRow row = Bucket();
  row.set_canned_acl(static_cast<uint32_t>(CannedAcl::kPublicReadWrite));
  row.set_region("eu-central-1");
  return row;
}

FunctionConfig FullFunction() {
  FunctionConfig config;
  config.name = "thumbnail";
  config.reserved_concurrency = 0;
  config.dead_letter = ToBucket("letters");
  return config;
}

// With what came later than the others.
FunctionConfig LaterFunction() {
  FunctionConfig config = FullFunction();
  config.memory_mb = 512;
  config.environment = {{"MODE", "fast"}};
  config.description = "makes thumbnails";
  config.tags = {{"team", "images"}};
  config.environment_idle = absl::Seconds(90);
  return config;
}

FunctionConfig TransactionalFunction() {
  FunctionConfig config;
  config.name = "count";
  config.transactional = true;
  return config;
}

// With destinations, which came later still.
FunctionConfig SendingFunction() {
  FunctionConfig config = FullFunction();
  config.dead_letter = ToQueue("letters");
  config.on_success = ToFunction("index:prod");
  config.on_failure = ToEventBus("default");
  return config;
}

EventRecord Invocation() {
  EventRecord record;
  record.event.type = EventType::kInvocation;
  record.event.sequence = 0x0102030405060708;
  record.event.time = FromMillis(1'893'456'000'123);
  record.event.request_id = "0011223344556677";
  record.event.principal = "owner";
  record.targets = {{"thumbnail", ""}};
  record.payload = R"({"width":100})";
  return record;
}

Rule FullRule() {
  Rule rule;
  rule.id = "r1";
  rule.function = "thumbnail";
  rule.types = {EventType::kObjectCreated, EventType::kObjectRemovedDelete};
  rule.prefix = "img/";
  rule.suffix = "\xFF";
  return rule;
}

Upload FullUpload() {
  Upload upload;
  upload.created_ms = 1'893'456'000'123;
  upload.initiator = "owner";
  upload.head.bucket_id = 300;
  upload.head.headers.content_type = "video/mp4";
  upload.head.headers.metadata = {{"color", "blue"}};
  return upload;
}

Part FullPart(uint32_t number) {
  Part part;
  part.number = number;
  part.payload_id = 0x4142434445464748;
  part.size = 5 << 20;
  part.etag = StoredEtag::Parse("9e107d9d372bb6826bd81d3542a419d6");
  part.crc64nvme = 0x5152535455565758;
  part.modified_ms = 1'893'456'000'123;
  return part;
}

StoredAnnotation FullAnnotation() {
  StoredAnnotation annotation;
  annotation.size = 5'000;
  annotation.etag = StoredEtag::Parse("9e107d9d372bb6826bd81d3542a419d6");
  annotation.crc64nvme = 0x5152535455565758;
  annotation.checksum = {ChecksumAlgorithm::kCrc32, ChecksumType::kFullObject, 0,
                         "\x01\x02\x03\x04"};
  annotation.modified_ms = 1'893'456'000'123;
  annotation.number = 77;
  annotation.payload_id = 0x4142434445464748;
  return annotation;
}

// With what FullEvent leaves out.
// Of a bucket with an owner and a region of its own.
EventRecord EventElsewhere() {
  EventRecord record = FullEvent();
  record.event.type = EventType::kObjectAclPut;
  record.event.bucket_owner = "alice";
  record.event.bucket_region = "eu-central-1";
  return record;
}

EventRecord AnnotationEvent() {
  EventRecord record = FullEvent();
  record.event.type = EventType::kObjectAnnotationPut;
  record.event.annotation_name = "labels";
  record.event.annotation_size = 0x1112131415161718;
  record.event.annotation_etag = "5eb63bbbe01eeed093cb22bb8f5acdc3";
  record.event.has_annotations = true;
  return record;
}

StoredAnnotation AnnotationInItsRow() {
  StoredAnnotation annotation;
  annotation.payload = "hello world";
  annotation.size = annotation.payload.size();
  annotation.etag = StoredEtag::Parse("5eb63bbbe01eeed093cb22bb8f5acdc3");
  annotation.crc64nvme = base::Crc64Nvme(annotation.payload);
  annotation.modified_ms = 1'893'456'000'000;
  annotation.number = 7;
  return annotation;
}

Golden RowsNow() {
  return {
      {"head", base::HexLower(EncodeHead(FullHead()))},
      {"head_composite", base::HexLower(EncodeHead(CompositeHead()))},
      {"head_tagged", base::HexLower(EncodeHead(TaggedHead()))},
      {"bucket_tagged", base::HexLower(TaggedBucket().SerializeAsString())},
      {"bucket_shared", base::HexLower(SharedBucket().SerializeAsString())},
      {"head_inline", base::HexLower(EncodeHead(InlineHead(11)) + "hello world")},
      {"event", base::HexLower(EncodeEvent(FullEvent()))},
      {"event_elsewhere", base::HexLower(EncodeEvent(EventElsewhere()))},
      {"event_annotation", base::HexLower(EncodeEvent(AnnotationEvent()))},
      {"event_invocation", base::HexLower(EncodeEvent(Invocation()))},
      {"function_later", base::HexLower(EncodeFunction(LaterFunction()))},
      {"function_transactional", base::HexLower(EncodeFunction(TransactionalFunction()))},
      {"function_sending", base::HexLower(EncodeFunction(SendingFunction()))},
      {"delivery", base::HexLower(EncodeDelivery(FullDelivery()))},
      {"delivery_received", base::HexLower(EncodeDelivery(ReceivedDelivery()))},
      {"function", base::HexLower(EncodeFunction(FullFunction()))},
      {"rule", base::HexLower(EncodeRule(FullRule()))},
      {"lease", base::HexLower(Lease().SerializeAsString())},
      {"format", base::HexLower(Format().SerializeAsString())},
      {"bucket", base::HexLower(Bucket().SerializeAsString())},
      {"upload", base::HexLower(EncodeUpload(FullUpload()))},
      {"part", base::HexLower(EncodePart(FullPart(3)))},
      {"annotation", base::HexLower(EncodeAnnotation(FullAnnotation()))},
      {"annotation_inline", base::HexLower(EncodeAnnotation(AnnotationInItsRow()))},
      {"annotation_set", base::HexLower(EncodeAnnotationSet(300))},
      {"manifest", base::HexLower(EncodeManifest({77, {FullPart(1), FullPart(3)}}))},
  };
}

Golden KeysNow() {
  const std::string nasty("a\0\xFF/", 4);
  constexpr uint64_t kNumber = 0x0102030405060708;
  return {
      {"system.format", base::HexLower(kFormatKey)},
      {"system.lease", base::HexLower(kLeaseKey)},
      {"system.watermark", base::HexLower(kWatermarkKey)},
      {"system.function", base::HexLower(FunctionKey("thumbnail"))},
      {"system.rule", base::HexLower(RuleKey(kNumber, "r1"))},
      {"heads", base::HexLower(HeadKey(kNumber, nasty))},
      {"versions", base::HexLower(VersionKey(kNumber, nasty, kNumber))},
      {"payload.chunk", base::HexLower(ChunkKey(kNumber, 0x11121314))},
      {"payload.manifest", base::HexLower(ChunkKey(kNumber, kManifestChunk))},
      {"owners.version", base::HexLower(ReferenceKey(kNumber, kVersionOwner, 9))},
      {"owners.manifest", base::HexLower(ReferenceKey(kNumber, kManifestOwner, 9))},
      {"owners.garbage", base::HexLower(GarbageKey(kNumber))},
      {"events.transient", base::HexLower(EventKey(kTransientTag, kNumber))},
      {"events.retained", base::HexLower(EventKey(kRetainedTag, kNumber))},
      {"deliveries", base::HexLower(DeliveryKeyOf(kNumber, "thumbnail"))},
      {"owners.annotations", base::HexLower(ReferenceKey(kNumber, kAnnotationsOwner, 9))},
      {"ext1.set", base::HexLower(AnnotationSetKey(kNumber))},
      {"ext1.annotation", base::HexLower(AnnotationKey(kNumber, "labels"))},
      {"uploads.upload", base::HexLower(UploadKey(kNumber, nasty, kNumber, kUploadItself))},
      {"uploads.part", base::HexLower(UploadKey(kNumber, nasty, kNumber, 10'000))},
  };
}

TEST(Golden, RowsOfFormat1_AreWrittenAsEver) {
  const Golden golden = Load("rows_format1.txt");
  EXPECT_EQ(golden, RowsNow()) << "now:\n" << Text(RowsNow());
}

TEST(Golden, KeysOfFormat1_AreWrittenAsEver) {
  const Golden golden = Load("keys_format1.txt");
  EXPECT_EQ(golden, KeysNow()) << "now:\n" << Text(KeysNow());
}

TEST(Golden, RowsOfFormat1_AreReadAsEver) {
  Golden golden = Load("rows_format1.txt");
  const std::string head_row = Unhexed(golden["head"]);
  const auto head = DecodeHead(head_row);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->head.size, FullHead().size);
  EXPECT_EQ(head->head.headers.metadata, FullHead().headers.metadata);
  EXPECT_EQ(head->head.checksum, FullHead().checksum);
  const std::string composite_row = Unhexed(golden["head_composite"]);
  const auto composite = DecodeHead(composite_row);
  ASSERT_TRUE(composite.ok()) << composite.status();
  EXPECT_EQ(composite->head.checksum, CompositeHead().checksum);
  const std::string tagged_row = Unhexed(golden["head_tagged"]);
  const auto tagged = DecodeHead(tagged_row);
  ASSERT_TRUE(tagged.ok()) << tagged.status();
  EXPECT_EQ(tagged->head.tags, TaggedHead().tags);
  const std::string inline_row = Unhexed(golden["head_inline"]);
  const auto inline_head = DecodeHead(inline_row);
  ASSERT_TRUE(inline_head.ok()) << inline_head.status();
  EXPECT_EQ(inline_head->inline_bytes, "hello world");
  const auto event = DecodeEvent(Unhexed(golden["event"]));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->event.key, FullEvent().event.key);
  const auto elsewhere = DecodeEvent(Unhexed(golden["event_elsewhere"]));
  ASSERT_TRUE(elsewhere.ok()) << elsewhere.status();
  EXPECT_EQ(elsewhere->event.type, EventType::kObjectAclPut);
  EXPECT_EQ(elsewhere->event.bucket_owner, "alice");
  EXPECT_EQ(elsewhere->event.bucket_region, "eu-central-1");
  const auto invocation = DecodeEvent(Unhexed(golden["event_invocation"]));
  ASSERT_TRUE(invocation.ok()) << invocation.status();
  EXPECT_EQ(invocation->payload, Invocation().payload);
  EXPECT_EQ(invocation->targets, Invocation().targets);
  const auto function = DecodeFunction("thumbnail", Unhexed(golden["function_later"]));
  ASSERT_TRUE(function.ok()) << function.status();
  EXPECT_EQ(function->environment, LaterFunction().environment);
  EXPECT_EQ(function->tags, LaterFunction().tags);
  EXPECT_EQ(function->environment_idle, LaterFunction().environment_idle);
  const auto transactional = DecodeFunction("count", Unhexed(golden["function_transactional"]));
  ASSERT_TRUE(transactional.ok()) << transactional.status();
  EXPECT_TRUE(transactional->transactional);
  EXPECT_FALSE(function->transactional);
  const auto letters = DecodeFunction("thumbnail", Unhexed(golden["function"]));
  ASSERT_TRUE(letters.ok()) << letters.status();
  EXPECT_EQ(letters->dead_letter, FullFunction().dead_letter);
  const auto sending = DecodeFunction("thumbnail", Unhexed(golden["function_sending"]));
  ASSERT_TRUE(sending.ok()) << sending.status();
  EXPECT_EQ(sending->dead_letter, SendingFunction().dead_letter);
  EXPECT_EQ(sending->on_success, SendingFunction().on_success);
  EXPECT_EQ(sending->on_failure, SendingFunction().on_failure);
  const auto delivery = DecodeDelivery(DeliveryKeyOf(FullEvent().event.sequence, "thumbnail"),
                                       Unhexed(golden["delivery"]));
  ASSERT_TRUE(delivery.ok()) << delivery.status();
  EXPECT_EQ(delivery->last_error, FullDelivery().last_error);
  EXPECT_EQ(delivery->first_received, absl::InfinitePast());
  const auto received = DecodeDelivery(DeliveryKeyOf(FullEvent().event.sequence, "queue/jobs"),
                                       Unhexed(golden["delivery_received"]));
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->first_received, ReceivedDelivery().first_received);
  const auto upload = DecodeUpload(Unhexed(golden["upload"]));
  ASSERT_TRUE(upload.ok()) << upload.status();
  EXPECT_EQ(upload->head.headers.content_type, "video/mp4");
  const auto part = DecodePart(3, Unhexed(golden["part"]));
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->etag, FullPart(3).etag);
  const auto manifest = DecodeManifest(Unhexed(golden["manifest"]));
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->commit_number, 77u);
  EXPECT_EQ(manifest->parts[1].payload_id, FullPart(3).payload_id);
  const auto annotation = DecodeAnnotation(Unhexed(golden["annotation"]));
  ASSERT_TRUE(annotation.ok()) << annotation.status();
  EXPECT_EQ(annotation->checksum, FullAnnotation().checksum);
  EXPECT_EQ(annotation->payload_id, FullAnnotation().payload_id);
  const auto in_its_row = DecodeAnnotation(Unhexed(golden["annotation_inline"]));
  ASSERT_TRUE(in_its_row.ok()) << in_its_row.status();
  EXPECT_EQ(in_its_row->payload, "hello world");
  EXPECT_EQ(DecodeAnnotationSet(Unhexed(golden["annotation_set"])).value(), 300u);
}

}  // namespace
}  // namespace cloudlet::objstore
