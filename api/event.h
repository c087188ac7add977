// Events: what happened to an object. Each is written in the same atomic batch as the change it
// speaks of.
//
// The names are S3's:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
#ifndef CLOUDLET_API_EVENT_H_
#define CLOUDLET_API_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "cloudlet/caller.h"

namespace cloudlet {

// The values are stored: they keep their numbers.
enum class EventType : uint8_t {
  kNone = 0,
  kObjectCreatedPut = 1,
  kObjectCreatedPost = 2,
  kObjectCreatedCopy = 3,
  kObjectCreatedCompleteMultipartUpload = 4,
  kObjectRemovedDelete = 5,
  kObjectRemovedDeleteMarkerCreated = 6,
  kObjectTaggingPut = 7,
  kObjectTaggingDelete = 8,
  kObjectAnnotationPut = 9,
  kObjectAnnotationDelete = 10,
  // Extension: of no object, but a payload for one function (Invoke); without bucket and key. No
  // trigger can name it.
  kInvocation = 64,
  // Only in triggers: every type of the kind.
  kObjectCreated = 128,
  kObjectRemoved = 129,
  kObjectTagging = 130,
  kObjectAnnotation = 131,
  // S3's names of changes that this store does not make yet (EventTypeImplemented). A trigger for
  // one of them is refused.
  kObjectRestorePost = 11,
  kObjectRestoreCompleted = 12,
  kObjectRestoreDelete = 13,
  kReducedRedundancyLostObject = 14,
  kReplicationOperationFailedReplication = 15,
  kReplicationOperationMissedThreshold = 16,
  kReplicationOperationReplicatedAfterThreshold = 17,
  kReplicationOperationNotTracked = 18,
  kLifecycleExpirationDelete = 19,
  kLifecycleExpirationDeleteMarkerCreated = 20,
  kLifecycleTransition = 21,
  kIntelligentTiering = 22,
  kObjectAclPut = 23,
  kObjectRetentionPut = 24,
  kObjectRestore = 132,
  kReplication = 133,
  kLifecycleExpiration = 134,
};

// S3's name without the "s3:" in front: "ObjectCreated:Put", "ObjectRemoved:*". Empty for kNone.
std::string_view EventTypeName(EventType type);
// The type called `name`, with or without "s3:"; kNone when there is none.
EventType EventTypeNamed(std::string_view name);
// Whether a trigger for `wanted` takes an event of `type`.
bool EventTypeCovers(EventType wanted, EventType type);
// Whether `type`, or one that it covers, is a change that this store can make. False for kNone and
// for S3's names that belong to features which are not there yet.
bool EventTypeImplemented(EventType type);

// One change of one object, or (kInvocation) one payload for a function. A value.
struct Event {
  EventType type = EventType::kNone;
  std::string bucket = {};
  std::string key = {};         // raw bytes, not URL-encoded
  uint64_t size = 0;            // of the object, bytes; 0 for its removals
  std::string etag = {};        // of the object, without quotes; empty for its removals
  std::string version_id = {};  // empty while the bucket has never had versioning
  uint64_t sequence = 0;        // number of the change: larger is later, per key and over the store
  absl::Time time = {};         // of the change
  std::string request_id = {};  // of the request that made it, equal to what that caller got
  std::string principal = {};   // who made it; the owner's id when it was the owner
  std::string source_address = {};
  // The trigger that brought it here ("configurationId" of S3's JSON); empty in the log.
  std::string trigger_id = {};
  Causation causation = {};
  // Of an annotation's event: its name, and, unless it is gone, its size in bytes and its ETag.
  std::string annotation_name = {};
  uint64_t annotation_size = 0;
  std::string annotation_etag = {};
  bool has_annotations = false;  // of kObjectCreatedCopy: the copy has annotations
  // Of the bucket, where they are others than the Cloud's; else empty.
  std::string bucket_owner = {};
  std::string bucket_region = {};

  // S3's `sequencer`: 16 upper-case hex digits of `sequence`.
  std::string sequencer() const;
};

// What led to what, as an indented tree: the change numbered `root` and below it the changes that
// functions made because of it, each a line "  <sequence> <type> <bucket>/<key>". Events that are
// not in `events` (ascending) are missing, with what lies below them; empty when `root` is. Keys
// are quoted where they have control characters.
std::string CausalTree(absl::Span<const Event> events, uint64_t root);

// Which retained events Cloud::TrimEvents keeps: those that are young enough, of these the newest.
struct EventRetention {
  absl::Duration max_age = absl::InfiniteDuration();  // since the change, on the Cloud's clock
  uint64_t max_bytes = UINT64_MAX;                    // of their rows, a few hundred bytes each
};

struct TrimResult {
  uint64_t events = 0;  // gone
  uint64_t bytes = 0;   // of their rows
};

// Which events Cloud::Replay gives to two functions, and which these are.
struct ReplayOptions {
  uint64_t after = 0;  // numbers above this one
  size_t limit = 1000;
  std::string bucket = {};  // empty: any
  // With or without qualifiers ("resize:1", "resize:2"); both registered now.
  std::string baseline = {};
  std::string candidate = {};
};

// What a function did with a replayed event: its end, and what it would have written.
struct ReplayOutcome {
  std::string error = {};  // empty: it succeeded
  std::string response = {};
  // "put <bucket>/<key> <size> <etag>", "delete <bucket>/<key>", ..., in the order of the writes.
  std::vector<std::string> writes = {};
  friend bool operator==(const ReplayOutcome& a, const ReplayOutcome& b) {
    return a.error == b.error && a.response == b.response && a.writes == b.writes;
  }
};

struct ReplayDifference {
  Event event = {};
  ReplayOutcome baseline = {};
  ReplayOutcome candidate = {};
};

struct ReplayResult {
  uint64_t events = 0;  // replayed
  std::vector<ReplayDifference> differences = {};
};

}  // namespace cloudlet

#endif  // CLOUDLET_API_EVENT_H_
