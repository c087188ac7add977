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
    {EventType::kObjectCreated, "ObjectCreated:*"},
    {EventType::kObjectRemoved, "ObjectRemoved:*"},
    {EventType::kObjectTagging, "ObjectTagging:*"},
    {EventType::kObjectAnnotation, "ObjectAnnotation:*"},
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
  switch (wanted) {
    case EventType::kNone:
      return false;
    case EventType::kObjectCreated:
      return type >= EventType::kObjectCreatedPut &&
             type <= EventType::kObjectCreatedCompleteMultipartUpload;
    case EventType::kObjectRemoved:
      return type == EventType::kObjectRemovedDelete ||
             type == EventType::kObjectRemovedDeleteMarkerCreated;
    case EventType::kObjectTagging:
      return type == EventType::kObjectTaggingPut || type == EventType::kObjectTaggingDelete;
    case EventType::kObjectAnnotation:
      return type == EventType::kObjectAnnotationPut || type == EventType::kObjectAnnotationDelete;
    default:
      return wanted == type;
  }
}

std::string Event::sequencer() const {
  std::string digits(16, '0');
  uint64_t rest = sequence;
  for (size_t i = digits.size(); i-- > 0; rest >>= 4) digits[i] = "0123456789ABCDEF"[rest & 15];
  return digits;
}

}  // namespace cloudlet
