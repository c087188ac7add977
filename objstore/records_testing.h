// Rows with every field set, for the tests of their encoding.
#ifndef CLOUDLET_OBJSTORE_RECORDS_TESTING_H_
#define CLOUDLET_OBJSTORE_RECORDS_TESTING_H_

#include <memory>
#include <string>

#include "objstore/ledger.h"
#include "objstore/records.h"

namespace cloudlet::objstore {

inline Head FullHead() {
  Head head;
  head.flags = kOwnVersionId;
  head.location = Location::kInPayload;
  head.etag = StoredEtag::Parse("9e107d9d372bb6826bd81d3542a419d6-3");
  head.size = 0x0102030405060708;
  head.modified_ms = 1'893'456'000'123;
  head.number = 0x1112131415161718;
  head.bucket_id = 0x2122232425262728;
  head.annotations_id = 0x3132333435363738;
  head.payload_id = 0x4142434445464748;
  head.crc64nvme = 0x5152535455565758;
  head.canned_acl = 3;
  head.headers.content_type = "text/html";
  head.headers.cache_control = "no-store";
  head.headers.content_disposition = "inline";
  head.headers.content_encoding = "gzip";
  head.headers.content_language = "de";
  head.headers.expires = "Thu, 01 Jan 2032 00:00:00 GMT";
  head.headers.website_redirect_location = "/elsewhere";
  head.headers.metadata = {{"color", "blue"}, {"empty", ""}, {"raw", std::string("\xFF\x00", 2)}};
  head.checksum = {ChecksumAlgorithm::kCrc32c, ChecksumType::kFullObject, 0, "abcd"};
  head.unknown = {{200, "kept as it is"}, {201, ""}};
  return head;
}

// The same with a checksum of a multipart object.
inline Head CompositeHead() {
  Head head = FullHead();
  head.checksum = {ChecksumAlgorithm::kSha256, ChecksumType::kComposite, 3,
                   "0123456789abcdef0123456789ABCDEF"};
  return head;
}

inline Head TaggedHead() {
  Head head = FullHead();
  head.tags = {{"animal", "cat"}, {"empty", ""}};
  return head;
}

inline Head InlineHead(uint64_t size) {
  Head head;
  head.etag = StoredEtag::Parse("5eb63bbbe01eeed093cb22bb8f5acdc3");
  head.size = size;
  head.modified_ms = 1'893'456'000'000;
  head.number = 7;
  head.bucket_id = 1;
  head.crc64nvme = 0x0123456789ABCDEF;
  return head;
}

inline EventRecord FullEvent() {
  EventRecord record;
  record.bucket_id = 0x2122232425262728;
  record.retained = true;
  record.targets = {{"thumbnail", "trigger-1"}, {"index", ""}};
  Event& event = record.event;
  event.type = EventType::kObjectCreatedPut;
  event.bucket = "photos";
  event.key = std::string("cat\0\xFF.jpg", 9);
  event.size = 0x0102030405060708;
  event.etag = "9e107d9d372bb6826bd81d3542a419d6";
  event.version_id = "v1";
  event.sequence = 0x1112131415161718;
  event.time = FromMillis(1'893'456'000'123);
  event.request_id = "0123456789ABCDEF";
  event.principal = "owner";
  event.source_address = "127.0.0.1";
  event.causation = {77, 78, 3};
  return record;
}

inline DeliveryRow FullDelivery() {
  DeliveryRow row;
  row.event = std::make_shared<const EventRecord>(FullEvent());
  row.target = {"thumbnail", "trigger-1"};
  row.state = DeliveryState::kDone;
  row.attempts = 2;
  row.throttles = 5;
  row.ready_at = FromMillis(1'893'456'060'000);
  row.enqueued_at = FromMillis(1'893'456'000'000);
  row.last_error = "no \xFF luck";
  return row;
}

// A queue's message that was received.
inline DeliveryRow ReceivedDelivery() {
  DeliveryRow row;
  row.event = std::make_shared<const EventRecord>(FullEvent());
  row.target = {"queue/jobs", ""};
  row.attempts = 1;
  row.ready_at = FromMillis(1'893'456'030'000);
  row.enqueued_at = FromMillis(1'893'456'000'000);
  row.first_received = FromMillis(1'893'456'000'500);
  return row;
}

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_RECORDS_TESTING_H_
