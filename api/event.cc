// Names of event types, and which types a trigger's wish covers. One table for both directions.
#include "cloudlet/event.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cloudlet {
namespace {

struct NamedType {
  EventType type;
  std::string_view name;
};

constexpr NamedType kTypes[] = {
    {EventType::kObjectCreatedPut, "ObjectCreated:Put"},
    {EventType::kObjectCreatedPost, "ObjectCreated:Post"},
    {EventType::kObjectCreatedCopy, "ObjectCreated:Copy"},
    {EventType::kObjectCreatedCompleteMultipartUpload, "ObjectCreated:CompleteMultipartUpload"},
    {EventType::kObjectRemovedDelete, "ObjectRemoved:Delete"},
    {EventType::kObjectRemovedDeleteMarkerCreated, "ObjectRemoved:DeleteMarkerCreated"},
    {EventType::kObjectTaggingPut, "ObjectTagging:Put"},
    {EventType::kObjectTaggingDelete, "ObjectTagging:Delete"},
    {EventType::kObjectAnnotationPut, "ObjectAnnotation:Put"},
    {EventType::kObjectAnnotationDelete, "ObjectAnnotation:Delete"},
    {EventType::kInvocation, "Invocation"},
    {EventType::kObjectCreated, "ObjectCreated:*"},
    {EventType::kObjectRemoved, "ObjectRemoved:*"},
    {EventType::kObjectTagging, "ObjectTagging:*"},
    {EventType::kObjectAnnotation, "ObjectAnnotation:*"},
    {EventType::kObjectRestorePost, "ObjectRestore:Post"},
    {EventType::kObjectRestoreCompleted, "ObjectRestore:Completed"},
    {EventType::kObjectRestoreDelete, "ObjectRestore:Delete"},
    {EventType::kReducedRedundancyLostObject, "ReducedRedundancyLostObject"},
    {EventType::kReplicationOperationFailedReplication, "Replication:OperationFailedReplication"},
    {EventType::kReplicationOperationMissedThreshold, "Replication:OperationMissedThreshold"},
    {EventType::kReplicationOperationReplicatedAfterThreshold,
     "Replication:OperationReplicatedAfterThreshold"},
    {EventType::kReplicationOperationNotTracked, "Replication:OperationNotTracked"},
    {EventType::kLifecycleExpirationDelete, "LifecycleExpiration:Delete"},
    {EventType::kLifecycleExpirationDeleteMarkerCreated, "LifecycleExpiration:DeleteMarkerCreated"},
    {EventType::kLifecycleTransition, "LifecycleTransition"},
    {EventType::kIntelligentTiering, "IntelligentTiering"},
    {EventType::kObjectAclPut, "ObjectAcl:Put"},
    {EventType::kObjectRetentionPut, "ObjectRetention:Put"},
    {EventType::kObjectRestore, "ObjectRestore:*"},
    {EventType::kReplication, "Replication:*"},
    {EventType::kLifecycleExpiration, "LifecycleExpiration:*"},
};

}  // namespace

std::string_view EventTypeName(EventType type) {
  for (const NamedType& row : kTypes) {
    if (row.type == type) return row.name;
  }
  return {};
}

EventType EventTypeNamed(std::string_view name) {
  constexpr std::string_view kScheme = "s3:";
  if (name.substr(0, kScheme.size()) == kScheme) name.remove_prefix(kScheme.size());
  for (const NamedType& row : kTypes) {
    if (row.name == name) return row.type;
  }
  return EventType::kNone;
}

bool EventTypeCovers(EventType wanted, EventType type) {
  const auto within = [type](EventType first, EventType last) {
    return type >= first && type <= last;
  };
  switch (wanted) {
    case EventType::kNone:
      return false;
    case EventType::kObjectCreated:
      return within(EventType::kObjectCreatedPut, EventType::kObjectCreatedCompleteMultipartUpload);
    case EventType::kObjectRemoved:
      return within(EventType::kObjectRemovedDelete, EventType::kObjectRemovedDeleteMarkerCreated);
    case EventType::kObjectTagging:
      return within(EventType::kObjectTaggingPut, EventType::kObjectTaggingDelete);
    case EventType::kObjectAnnotation:
      return within(EventType::kObjectAnnotationPut, EventType::kObjectAnnotationDelete);
    case EventType::kObjectRestore:
      return within(EventType::kObjectRestorePost, EventType::kObjectRestoreDelete);
    case EventType::kReplication:
      return within(EventType::kReplicationOperationFailedReplication,
                    EventType::kReplicationOperationNotTracked);
    case EventType::kLifecycleExpiration:
      return within(EventType::kLifecycleExpirationDelete,
                    EventType::kLifecycleExpirationDeleteMarkerCreated);
    default:
      return wanted == type;
  }
}

bool EventTypeImplemented(EventType type) {
  for (const EventType kind :
       {EventType::kObjectCreated, EventType::kObjectRemoved, EventType::kObjectTagging,
        EventType::kObjectAnnotation, EventType::kObjectAclPut}) {
    if (type == kind || EventTypeCovers(kind, type)) return true;
  }
  return false;
}

std::string Event::sequencer() const {
  std::string digits(16, '0');
  uint64_t rest = sequence;
  for (size_t i = digits.size(); i-- > 0; rest >>= 4) digits[i] = "0123456789ABCDEF"[rest & 15];
  return digits;
}

}  // namespace cloudlet
