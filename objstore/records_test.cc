// Hot rows: what is written reads back, what an older program does not know survives, and damaged
// rows are DATA_LOSS, never other values.
#include "objstore/records.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/crc.h"
#include "gtest/gtest.h"
#include "objstore/delivery_rows.h"
#include "objstore/keys.h"
#include "objstore/records.pb.h"
#include "objstore/records_testing.h"
#include "objstore/store_testing.h"

namespace cloudlet::objstore {
namespace {

void ExpectSameFixed(const Head& a, const Head& b) {
  EXPECT_EQ(a.flags, b.flags);
  EXPECT_EQ(a.location, b.location);
  EXPECT_EQ(a.etag, b.etag);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.modified_ms, b.modified_ms);
  EXPECT_EQ(a.number, b.number);
  EXPECT_EQ(a.bucket_id, b.bucket_id);
  EXPECT_EQ(a.annotations_id, b.annotations_id);
  EXPECT_EQ(a.payload_id, b.payload_id);
  EXPECT_EQ(a.crc64nvme, b.crc64nvme);
  EXPECT_EQ(a.canned_acl, b.canned_acl);
}

const std::vector<Head>& HeadsWithChecksums() {
  static const auto* const heads = new std::vector<Head>{FullHead(), CompositeHead()};
  return *heads;
}

void ExpectSameHeaders(const ObjectInfo& a, const ObjectInfo& b) {
  EXPECT_EQ(a.content_type, b.content_type);
  EXPECT_EQ(a.cache_control, b.cache_control);
  EXPECT_EQ(a.content_disposition, b.content_disposition);
  EXPECT_EQ(a.content_encoding, b.content_encoding);
  EXPECT_EQ(a.content_language, b.content_language);
  EXPECT_EQ(a.expires, b.expires);
  EXPECT_EQ(a.website_redirect_location, b.website_redirect_location);
  EXPECT_EQ(a.metadata, b.metadata);
}

TEST(HeadRow, RoundTripsWithEveryFieldSet) {
  for (const Head& head : HeadsWithChecksums()) {
    const std::string row = EncodeHead(head);
    const auto decoded = DecodeHead(row);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ExpectSameFixed(decoded->head, head);
    ExpectSameHeaders(decoded->head.headers, head.headers);
    EXPECT_EQ(decoded->head.checksum, head.checksum);
    EXPECT_EQ(decoded->inline_bytes, "");
    const auto fixed = DecodeHeadFixed(row);
    ASSERT_TRUE(fixed.ok()) << fixed.status();
    ExpectSameFixed(*fixed, head);
  }
}

TEST(HeadRow, RoundTripsWithNothingSet) {
  const auto decoded = DecodeHead(EncodeHead(Head()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  ExpectSameFixed(decoded->head, Head());
  ExpectSameHeaders(decoded->head.headers, ObjectInfo());
  EXPECT_EQ(EncodeHead(Head()).size(), kRowHeaderBytes);
}

TEST(HeadRow, UnknownSectionsSurviveARewrite) {
  const auto once = DecodeHead(EncodeHead(FullHead()));
  ASSERT_TRUE(once.ok()) << once.status();
  ASSERT_EQ(once->head.unknown.size(), 2u);
  EXPECT_EQ(once->head.unknown[0].tag, 200);
  EXPECT_EQ(once->head.unknown[0].bytes, "kept as it is");
  EXPECT_EQ(once->head.unknown[1].tag, 201);
  EXPECT_EQ(EncodeHead(once->head), EncodeHead(FullHead()));
}

TEST(HeadRow, ChecksumOfEveryAlgorithmAndType_RoundTrips) {
  for (const ChecksumAlgorithm algorithm : kChecksumAlgorithms) {
    for (const ChecksumType type : {ChecksumType::kFullObject, ChecksumType::kComposite}) {
      if (algorithm == ChecksumAlgorithm::kCrc64nvme) continue;
      Head head;
      head.checksum = {algorithm, type, type == ChecksumType::kComposite ? 10'000u : 0u,
                       DigestOf(algorithm, "bytes")};
      const auto decoded = DecodeHead(EncodeHead(head));
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(decoded->head.checksum, head.checksum);
      EXPECT_EQ(ShownChecksum(decoded->head), head.checksum->Shown());
    }
  }
}

TEST(HeadRow, ChecksumThatTheHeaderHas_IsNotWrittenTwice) {
  Head head;
  head.crc64nvme = 0x38E259D03F312ADB;
  head.checksum = Crc64NvmeChecksum(head.crc64nvme);
  EXPECT_EQ(EncodeHead(head).size(), kRowHeaderBytes);
  const auto decoded = DecodeHead(EncodeHead(head));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->head.checksum, std::nullopt);
  EXPECT_EQ(ShownChecksum(decoded->head), head.checksum->Shown());
  EXPECT_EQ(ShownChecksum(decoded->head).value, "OOJZ0D8xKts=");
}

// A newer program's.
TEST(HeadRow, ChecksumOfAnUnknownAlgorithm_SurvivesARewrite) {
  Head head = InlineHead(0);
  head.unknown = {{static_cast<uint8_t>(HeadTag::kChecksum), std::string("\x63 and more")}};
  const std::string row = EncodeHead(head);
  const auto decoded = DecodeHead(row);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->head.checksum, std::nullopt);
  EXPECT_EQ(EncodeHead(decoded->head), row);
}

TEST(HeadRow, Tags_RoundTrip_AndTakeNoRoomWhereThereAreNone) {
  const std::string row = EncodeHead(TaggedHead());
  auto decoded = DecodeHead(row);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->head.tags, TaggedHead().tags);
  EXPECT_EQ(EncodeHead(decoded->head), row);
  EXPECT_EQ(row.size() - EncodeHead(FullHead()).size(), 5u + 4 * 4 + 6 + 3 + 5);
  ObjectInfo info;
  TakeInfo(&decoded->head, "k", &info);
  EXPECT_EQ(info.tag_count, 2);
}

// A key without its value.
TEST(HeadRow, TagsThatDoNotParse_AreDataLoss) {
  Head head = InlineHead(0);
  head.unknown = {{static_cast<uint8_t>(HeadTag::kTags), std::string("\1\0\0\0a", 5)}};
  EXPECT_EQ(DecodeHead(EncodeHead(head)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(HeadRow, InlineBytesFollowTheRow) {
  const std::string body = "hello world";
  const std::string row = EncodeHead(InlineHead(body.size())) + body;
  const auto decoded = DecodeHead(row);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->inline_bytes, body);
}

TEST(HeadRow, ListingTakesSizeEtagAndTimeFromTheHeader) {
  ListEntry entry;
  ASSERT_TRUE(DecodeListing(EncodeHead(FullHead()), &entry).ok());
  EXPECT_EQ(entry.size, FullHead().size);
  EXPECT_EQ(entry.etag, "9e107d9d372bb6826bd81d3542a419d6-3");
  EXPECT_EQ(entry.last_modified, FromMillis(FullHead().modified_ms));
}

ObjectInfo InfoOf(Head head) {
  ObjectInfo info;
  TakeInfo(&head, "k", &info);
  return info;
}

TEST(HeadRow, Info_HasTheDefaultContentTypeOnlyWithoutOne) {
  EXPECT_EQ(InfoOf(InlineHead(0)).content_type, "binary/octet-stream");
  const ObjectInfo info = InfoOf(FullHead());
  EXPECT_EQ(info.content_type, "text/html");
  EXPECT_EQ(info.key, "k");
  EXPECT_EQ(info.size, FullHead().size);
  EXPECT_EQ(info.etag, "9e107d9d372bb6826bd81d3542a419d6-3");
  EXPECT_EQ(info.sequence, FullHead().number);
  EXPECT_EQ(info.crc64nvme, FullHead().crc64nvme);
  EXPECT_EQ(info.crc32c, 0x61626364u);
  EXPECT_EQ(info.checksum, FullHead().checksum->Shown());
  const ObjectInfo of_parts = InfoOf(CompositeHead());
  EXPECT_EQ(of_parts.crc32c, std::nullopt);
  EXPECT_EQ(of_parts.checksum.type, ChecksumType::kComposite);
  EXPECT_EQ(of_parts.checksum.value, "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY=-3");
}

// Decodes every truncation and every single-bit flip of `row`: DATA_LOSS each, by `code_of`.
void ExpectDamageIsSeen(const std::string& row, size_t checked_bytes,
                        const std::function<std::string(std::string_view)>& code_of) {
  ASSERT_EQ(code_of(row), "OK");
  for (size_t size = 0; size < row.size(); ++size) {
    ASSERT_EQ(code_of(std::string_view(row).substr(0, size)), "DATA_LOSS") << "cut to " << size;
  }
  for (size_t bit = 0; bit < checked_bytes * 8; ++bit) {
    std::string flipped = row;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_EQ(code_of(flipped), "DATA_LOSS") << "bit " << bit;
  }
}

TEST(HeadRow, EveryCutAndEveryFlippedBit_IsDataLoss) {
  const std::string inline_row = EncodeHead(InlineHead(11)) + "hello world";
  for (const std::string& row : {EncodeHead(FullHead()), EncodeHead(CompositeHead()), inline_row}) {
    // Inline bytes are covered by the object's CRC64, which the read checks.
    const size_t checked = row == inline_row ? row.size() - 11 : row.size();
    ExpectDamageIsSeen(row, checked, [](std::string_view r) { return CodeOf(DecodeHead(r)); });
    ExpectDamageIsSeen(row, checked, [](std::string_view r) { return CodeOf(DecodeHeadFixed(r)); });
    ExpectDamageIsSeen(row, checked, [](std::string_view r) {
      ListEntry entry;
      return CodeOf(DecodeListing(r, &entry));
    });
  }
  EXPECT_EQ(CodeOf(DecodeHead(inline_row + "x")), "DATA_LOSS");
}

// `row` with the checksum that its other bytes ask for: what a faulty writer would leave.
std::string Resealed(std::string row, size_t checked_bytes) {
  const std::string_view checked = std::string_view(row).substr(0, checked_bytes);
  const uint32_t crc = base::Crc32c(checked.substr(8), base::Crc32c(checked.substr(0, 4)));
  std::string sealed = row.substr(0, 4);
  base::AppendU32(&sealed, crc);
  return sealed + row.substr(8);
}

TEST(HeadRow, ThatChecksButMakesNoSense_IsDataLoss) {
  const std::string row = EncodeHead(InlineHead(0));
  ASSERT_EQ(Resealed(row, row.size()), row);
  const auto code_with = [&](size_t offset, char value) {
    std::string other = row;
    other[offset] = value;
    return CodeOf(DecodeHead(Resealed(other, other.size())));
  };
  EXPECT_EQ(code_with(0, 2), "DATA_LOSS");  // layout
  EXPECT_EQ(code_with(2, 3), "DATA_LOSS");  // location
  EXPECT_EQ(code_with(3, 3), "DATA_LOSS");  // ETag kind
  EXPECT_EQ(code_with(8, 1), "DATA_LOSS");  // size without inline bytes
  EXPECT_EQ(code_with(1, 2), "OK");         // a flag

  std::string sections = row;
  base::AppendU8(&sections, 1);
  base::AppendU32(&sections, 5);  // and only three bytes
  sections += "abc";
  sections[88] = 8;
  EXPECT_EQ(CodeOf(DecodeHead(Resealed(sections, sections.size()))), "DATA_LOSS");
}

TEST(HeadRow, ChecksumThatMakesNoSense_IsDataLoss) {
  // As UnknownSection a section is written as it is given.
  const auto code_with = [](HeadTag tag, const std::string& bytes) {
    Head head = InlineHead(0);
    head.unknown = {{static_cast<uint8_t>(tag), bytes}};
    return CodeOf(DecodeHead(EncodeHead(head)));
  };
  const std::string full("\x01\x01\0\0\0\0", 6);
  const std::string composite("\x01\x02\x03\0\0\0", 6);
  EXPECT_EQ(code_with(HeadTag::kChecksum, full + "abcd"), "OK");
  EXPECT_EQ(code_with(HeadTag::kChecksum, composite + "abcd"), "OK");
  for (const std::string& bytes : {
           std::string(), full.substr(0, 1), full.substr(0, 5), full, full + "abc", full + "abcde",
           std::string("\x01\x00\0\0\0\0abcd", 10),  // no such type
           std::string("\x01\x03\0\0\0\0abcd", 10),
           std::string("\x01\x01\x01\0\0\0abcd", 10),  // parts of a whole
           std::string("\x01\x02\0\0\0\0abcd", 10),    // no parts
       }) {
    EXPECT_EQ(code_with(HeadTag::kChecksum, bytes), "DATA_LOSS") << bytes.size();
  }
  EXPECT_EQ(code_with(HeadTag::kCrc32c, "abc"), "DATA_LOSS");
  EXPECT_EQ(code_with(HeadTag::kCrc32c, "abcde"), "DATA_LOSS");
  Head both = FullHead();
  both.unknown = {{static_cast<uint8_t>(HeadTag::kChecksum), full + "abcd"}};
  EXPECT_EQ(CodeOf(DecodeHead(EncodeHead(both))), "DATA_LOSS");
}

TEST(EventRow, RoundTripsWithEveryFieldSet) {
  const EventRecord record = FullEvent();
  const auto decoded = DecodeEvent(EncodeEvent(record));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->bucket_id, record.bucket_id);
  EXPECT_EQ(decoded->retained, record.retained);
  EXPECT_EQ(decoded->targets, record.targets);
  const Event& a = decoded->event;
  const Event& b = record.event;
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.bucket, b.bucket);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.size, b.size);
  EXPECT_EQ(a.etag, b.etag);
  EXPECT_EQ(a.version_id, b.version_id);
  EXPECT_EQ(a.sequence, b.sequence);
  EXPECT_EQ(a.time, b.time);
  EXPECT_EQ(a.request_id, b.request_id);
  EXPECT_EQ(a.principal, b.principal);
  EXPECT_EQ(a.source_address, b.source_address);
  EXPECT_EQ(a.causation.root, b.causation.root);
  EXPECT_EQ(a.causation.parent, b.causation.parent);
  EXPECT_EQ(a.causation.hops, b.causation.hops);
  EXPECT_EQ(EncodeEvent(*decoded), EncodeEvent(record));
  EventRecord annotated = FullEvent();
  annotated.event.type = EventType::kObjectAnnotationPut;
  annotated.event.annotation_name = "labels";
  annotated.event.annotation_size = 24;
  annotated.event.annotation_etag = "05df351ea190dffc26f55c74425b9d7a";
  const Event told = DecodeEvent(EncodeEvent(annotated)).value().event;
  EXPECT_EQ(told.annotation_name, "labels");
  EXPECT_EQ(told.annotation_size, 24u);
  EXPECT_EQ(told.annotation_etag, "05df351ea190dffc26f55c74425b9d7a");
  EXPECT_FALSE(told.has_annotations);
}

TEST(EventRow, KeepsWhetherACopyHasAnnotations_BesideWhetherItIsRetained) {
  for (const bool retained : {false, true}) {
    for (const bool has : {false, true}) {
      EventRecord record = FullEvent();
      record.retained = retained;
      record.event.has_annotations = has;
      const EventRecord decoded = DecodeEvent(EncodeEvent(record)).value();
      EXPECT_EQ(decoded.retained, retained);
      EXPECT_EQ(decoded.event.has_annotations, has);
    }
  }
}

TEST(EventRow, OfAnInvocation_KeepsItsPayload) {
  EventRecord record;
  record.event.type = EventType::kInvocation;
  record.event.sequence = 7;
  record.targets = {{"f", ""}};
  for (const std::string& payload :
       {std::string(), std::string("\0\xFF", 2), std::string(size_t{1} << 20, 'p')}) {
    record.payload = payload;
    const auto decoded = DecodeEvent(EncodeEvent(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->payload, payload);
    EXPECT_EQ(decoded->targets, record.targets);
    EXPECT_EQ(decoded->event.bucket, "");
  }
}

TEST(EventRow, OfAnInvocation_KeepsAttributesAndDelay) {
  EventRecord record;
  record.event.type = EventType::kInvocation;
  record.event.sequence = 7;
  record.targets = {{"queue/jobs", ""}};
  record.payload = "p";
  record.attributes = {{"", "of no name"}, {"ErrorCode", "200"}, {"empty", ""}};
  record.delay = absl::Milliseconds(900'001);
  const EventRecord decoded = DecodeEvent(EncodeEvent(record)).value();
  EXPECT_EQ(decoded.attributes, record.attributes);
  EXPECT_EQ(decoded.delay, record.delay);
  EXPECT_EQ(decoded.payload, "p");
}

TEST(EventRow, KeepsEtagsOfEveryKind) {
  for (const char* etag : {"", "9e107d9d372bb6826bd81d3542a419d6",
                           "9e107d9d372bb6826bd81d3542a419d6-10000", "00ff00ff00ff00ff-crc64"}) {
    EventRecord record = FullEvent();
    record.event.etag = etag;
    const auto decoded = DecodeEvent(EncodeEvent(record));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->event.etag, etag);
  }
}

TEST(EventRow, EveryCutAndEveryFlippedBit_IsDataLoss) {
  const std::string row = EncodeEvent(FullEvent());
  ExpectDamageIsSeen(row, row.size(), [](std::string_view r) { return CodeOf(DecodeEvent(r)); });
  EXPECT_EQ(CodeOf(DecodeEvent(row + "x")), "DATA_LOSS");
}

TEST(EventRow, OfAnUnknownType_IsDataLoss) {
  std::string row = EncodeEvent(FullEvent());
  row[1] = 99;
  EXPECT_EQ(CodeOf(DecodeEvent(Resealed(row, row.size()))), "DATA_LOSS");
}

TEST(StoredEtag, TextAndParse_AreInverse) {
  for (const char* text :
       {"d41d8cd98f00b204e9800998ecf8427e", "00000000000000000000000000000000-1",
        "9e107d9d372bb6826bd81d3542a419d6-10000", "9e107d9d372bb6826bd81d3542a419d6-4294967295",
        "0000000000000000-crc64", "fedcba9876543210-crc64", ""}) {
    EXPECT_EQ(StoredEtag::Parse(text).Text(), text);
  }
}

TEST(StoredEtag, Parse_OfATextThatTextDoesNotGive_IsNone) {
  for (const char* text :
       {"x", "\"d41d8cd98f00b204e9800998ecf8427e\"", "D41D8CD98F00B204E9800998ECF8427E",
        "d41d8cd98f00b204e9800998ecf8427", "d41d8cd98f00b204e9800998ecf8427e0",
        "d41d8cd98f00b204e9800998ecf8427e-", "d41d8cd98f00b204e9800998ecf8427e-0",
        "d41d8cd98f00b204e9800998ecf8427e-01", "d41d8cd98f00b204e9800998ecf8427e-+1",
        "d41d8cd98f00b204e9800998ecf8427e-4294967296", "0x1d8cd98f00b204e9800998ecf8427e",
        "fedcba987654321-crc64", "FEDCBA9876543210-crc64", "fedcba9876543210-crc32",
        "0xdcba9876543210-crc64", " edcba9876543210-crc64"}) {
    EXPECT_EQ(StoredEtag::Parse(text).kind, EtagKind::kNone) << text;
  }
}

TEST(DeliveryRow, RoundTripsAndTakesTextThatIsNotUtf8) {
  const DeliveryRow row = FullDelivery();
  const std::string key = DeliveryKeyOf(row.event->event.sequence, "thumbnail");
  const auto decoded = DecodeDelivery(key, EncodeDelivery(row));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(EncodeEvent(*decoded->event), EncodeEvent(*row.event));
  EXPECT_EQ(decoded->target, row.target);
  EXPECT_EQ(decoded->state, row.state);
  EXPECT_EQ(decoded->attempts, row.attempts);
  EXPECT_EQ(decoded->throttles, row.throttles);
  EXPECT_EQ(decoded->ready_at, row.ready_at);
  EXPECT_EQ(decoded->enqueued_at, row.enqueued_at);
  EXPECT_EQ(decoded->last_error, row.last_error);
}

TEST(DeliveryRow, UnderAnotherEventsKey_IsDataLoss) {
  const std::string bytes = EncodeDelivery(FullDelivery());
  EXPECT_EQ(CodeOf(DecodeDelivery(DeliveryKeyOf(1, "thumbnail"), bytes)), "DATA_LOSS");
  EXPECT_EQ(CodeOf(DecodeDelivery("short", bytes)), "DATA_LOSS");
  EXPECT_EQ(CodeOf(DecodeDelivery(DeliveryKeyOf(1, "thumbnail"), "\xFF")), "DATA_LOSS");
  EXPECT_EQ(CodeOf(DecodeDelivery(DeliveryKeyOf(1, "thumbnail"), "")), "DATA_LOSS");
}

TEST(FunctionRow, RoundTrips) {
  FunctionConfig config;
  config.name = "thumbnail";
  config.max_retry_attempts = 0;
  config.max_event_age = absl::Seconds(61);
  config.timeout = absl::Seconds(900);
  config.dead_letter = ToBucket("letters");
  config.memory_mb = 10'240;
  config.environment = {{"AB", "1"}, {"CD", std::string("\xFF\0", 2)}};
  config.description = "text";
  config.tags = {{"key", "value"}, {"other", ""}};
  config.environment_idle = absl::Seconds(1);
  for (const std::optional<int> reserved : {std::optional<int>(), {0}, {5}}) {
    config.reserved_concurrency = reserved;
    const auto decoded = DecodeFunction("thumbnail", EncodeFunction(config));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->name, "thumbnail");
    EXPECT_EQ(decoded->max_retry_attempts, 0);
    EXPECT_EQ(decoded->max_event_age, absl::Seconds(61));
    EXPECT_EQ(decoded->timeout, absl::Seconds(900));
    EXPECT_EQ(decoded->reserved_concurrency, reserved);
    EXPECT_EQ(decoded->dead_letter, ToBucket("letters"));
    EXPECT_EQ(decoded->memory_mb, config.memory_mb);
    EXPECT_EQ(decoded->environment, config.environment);
    EXPECT_EQ(decoded->description, config.description);
    EXPECT_EQ(decoded->tags, config.tags);
    EXPECT_EQ(decoded->environment_idle, config.environment_idle);
  }
  EXPECT_EQ(CodeOf(DecodeFunction("thumbnail", "\xFF")), "DATA_LOSS");
}

TEST(FunctionRow, DestinationsOfAllKindsRoundTrip) {
  for (const Destination& to : {Destination{}, ToFunction("f:prod"), ToBucket("b"), ToQueue("q"),
                                ToTopic("t"), ToEventBus("default")}) {
    FunctionConfig config;
    config.dead_letter = to;
    config.on_success = to;
    config.on_failure = to;
    const auto decoded = DecodeFunction("f", EncodeFunction(config));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(decoded->dead_letter, to);
    EXPECT_EQ(decoded->on_success, to);
    EXPECT_EQ(decoded->on_failure, to);
  }
}

TEST(FunctionRow, UnknownKindOfDestination_IsDataLoss) {
  rows::FunctionRow row;
  row.mutable_on_success()->set_kind(6);
  EXPECT_EQ(CodeOf(DecodeFunction("f", row.SerializeAsString())), "DATA_LOSS");
}

TEST(RuleRow, RoundTripsWithAnyBytes) {
  Rule rule;
  rule.id = "r1";
  rule.function = "thumbnail";
  rule.types = {EventType::kObjectCreatedPut, EventType::kObjectRemoved};
  rule.prefix = std::string("\xFF\0", 2);
  rule.suffix = "\x80";
  const auto decoded = DecodeRule("r1", EncodeRule(rule));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->id, rule.id);
  EXPECT_EQ(decoded->function, rule.function);
  EXPECT_EQ(decoded->types, rule.types);
  EXPECT_EQ(decoded->prefix, rule.prefix);
  EXPECT_EQ(decoded->suffix, rule.suffix);
  EXPECT_EQ(CodeOf(DecodeRule("r1", "\xFF")), "DATA_LOSS");
}

}  // namespace
}  // namespace cloudlet::objstore
