// Events in the forms that S3 sends them in: to functions, queues and topics, and to EventBridge.
//
//   std::string json = EventJson(event, {.region = "eu-central-1", .owner = "A3NL1KOZZK"});
//
// Equal arguments give equal bytes: no white space, the fields in S3's order. Everything is valid
// UTF-8; bytes that are not become U+FFFD, except in the key of EventJson, which keeps them all.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
//
// Pure functions; any thread.
#ifndef CLOUDLET_API_EVENT_JSON_H_
#define CLOUDLET_API_EVENT_JSON_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "cloudlet/event.h"
#include "cloudlet/tags.h"

namespace cloudlet {

// The versions of S3's messages, by what each has more than the one before. A program should ask
// for an equal major and at least the minor version that it needs.
enum class EventSchema {
  // Until June 2026 a version belonged to the kind of event: 2.3 to ObjectTagging, 2.1 to all
  // others of this store (S3 has 2.2 for replication, and 2.3 also for lifecycle, tiering, ACLs
  // and the end of a restore). EventBridge's messages had none. Events of annotations did not exist
  // then: they are given as version 2.4.
  kBefore2_4,
  k2_4,  // one version for all; annotations, and whether a copy has some. EventBridge: 1.0
  k2_5,  // awsGeneratedTags. EventBridge: 1.1
  k2_6,  // EventBridge: 1.2. Its new fields are in events that this store does not make
};

struct EventJsonOptions {
  EventSchema schema = EventSchema::k2_5;
  // Of the Cloud, and so of buckets of which Event::bucket_region and bucket_owner say nothing
  // else.
  std::string region = "us-east-1";
  std::string owner = "cloudlet";  // canonical id
  // The id of the trigger (S3: of the notification configuration); empty: Event::trigger_id.
  std::string configuration_id = {};
  // 12 digits, the account of the owner; only EventBridge shows accounts.
  std::string account = "000000000000";
  // Tags that AWS itself has put on the bucket ("aws:..."), in this order; from k2_5 on, and only
  // if there are any. Keys must differ.
  TagSet aws_generated_tags = {};
};

// {"Records":[...]} with one record, as S3 always has it.
//
//   key         form-url-encoded UTF-8: a space is "+"; letters, digits and - _ . * / stay
//   size        of ObjectCreated only
//   eTag        without quotes; not of ObjectRemoved:Delete; that of no bytes for a delete marker
//   versionId   only in buckets that have or had versioning, never "null"
//   sequencer   Event::sequencer; not of ObjectTagging and ObjectAcl
//   hasObjectAnnotation  of ObjectCreated:Copy only
//   objectAnnotation     beside the object, of ObjectAnnotation only, an array of one: name, and of
//   a
//                        put size and eTag. S3's documentation gives these fields for EventBridge;
//                        here they have the place and the form of AWS's SDK for Java
//   principalId Event::principal; empty: the owner
//   x-amz-id-2  a fixed function of the request id
//
// Empty for a type that is no change of this store (EventTypeImplemented), and for a wildcard.
std::string EventJson(const Event& event, const EventJsonOptions& options = {});

// One event as EventBridge has it, {"version":"0","id":...,"detail":{...}}. The key is not encoded:
// bytes that are no UTF-8 become U+FFFD. `id` is a UUID made of the event: the same event has the
// same one. The requester is the account where the principal is the owner, else the principal.
// Empty as EventJson is.
std::string EventBridgeJson(const Event& event, const EventJsonOptions& options = {});

// The message that S3 sends to a new destination before any event. It has no records. `time` is
// that of the request that configured the destination.
std::string TestEventJson(std::string_view bucket, absl::Time time, std::string_view request_id);

}  // namespace cloudlet

#endif  // CLOUDLET_API_EVENT_JSON_H_
