// See batch_builder.h, and versions.h for versions.
#include "objstore/batch_builder.h"

#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/conditions.h"
#include "objstore/keys.h"

namespace cloudlet::objstore {
namespace {

// About what the batch of these will hold: bytes in hand, heads and events.
size_t ExpectedBytes(const CommitRequest& request) {
  constexpr size_t kRows = 640;
  size_t bytes = 0;
  for (const Prepared& prepared : request.mutations) {
    bytes += kRows + 2 * prepared.key.size() +
             std::visit([](const auto& kind) { return kind.batch_bytes(); }, prepared.action);
  }
  return bytes;
}

}  // namespace

BatchBuilder::BatchBuilder(State& state, const Environment& environment,
                           const CommitRequest& request)
    : state_(state),
      environment_(environment),
      request_(request),
      batch_(state.kv->NewBatch(ExpectedBytes(request))),
      now_ms_(ToMillis(environment.clock->Now())) {}

absl::StatusOr<MutationResult> BatchBuilder::Apply(Prepared& prepared, uint64_t number) {
  if (!prepared.refused.ok()) return prepared.refused;
  CLOUDLET_RETURN_IF_ERROR(NotRevoked(request_.revoked));
  if (prepared.bucket == nullptr) {
    if (auto* open = std::get_if<PreparedRequireOpen>(&prepared.action)) {
      return open->Apply(*this, prepared, number);
    }
    return std::get<PreparedEnqueue>(prepared.action).Apply(*this, prepared, number);
  }
  if (prepared.bucket->deleted.load()) return MakeError(ErrorCode::kNoSuchBucket);
  // What a transaction has read was allowed to whoever read it.
  if (!std::holds_alternative<PreparedRequire>(prepared.action)) {
    const Permission asked =
        std::visit([](const auto& kind) { return kind.permission(); }, prepared.action);
    CLOUDLET_RETURN_IF_ERROR(Authorize(*request_.caller, asked, *prepared.bucket, environment_));
  }
  CLOUDLET_RETURN_IF_ERROR(LoadCurrent(prepared));
  return std::visit([&](auto& kind) { return kind.Apply(*this, prepared, number); },
                    prepared.action);
}

const BatchBuilder::Effect* BatchBuilder::EffectOn(uint64_t bucket_id, std::string_view key) const {
  for (auto effect = effects_.rbegin(); effect != effects_.rend(); ++effect) {
    if (effect->bucket_id == bucket_id && effect->key == key) return &*effect;
  }
  return nullptr;
}

absl::Status BatchBuilder::LoadCurrent(const Prepared& prepared) {
  head_key_ = HeadKey(prepared.bucket->id, prepared.key);
  current_.reset();
  current_row_.reset();
  if (const Effect* effect = EffectOn(prepared.bucket->id, prepared.key)) {
    if (prepared.MustBeFirstOnItsKey()) {
      return absl::AbortedError(
          "an earlier mutation of the same request changes this key, and the bucket has "
          "versioning, or this is no put, delete, copy or rename (send them one after the "
          "other)");
    }
    current_ = effect->head;
    return absl::OkStatus();
  }
  CLOUDLET_ASSIGN_OR_RETURN(current_row_, state_.kv->Get(kHeads, head_key_));
  if (!current_row_.has_value()) return absl::OkStatus();
  CLOUDLET_ASSIGN_OR_RETURN(current_, DecodeHeadFixed(current_row_->view()));
  return absl::OkStatus();
}

std::optional<std::string_view> BatchBuilder::CurrentEtag() {
  if (!current_.has_value()) return std::nullopt;
  etag_ = current_->etag.Text();
  return etag_;
}

// --- Versions ---

absl::StatusOr<BatchBuilder::FoundObject> BatchBuilder::FindObject(
    const Prepared& prepared, const std::optional<VersionRef>& version) const {
  if (current_.has_value() && (!version.has_value() || IsVersion(*current_, *version))) {
    return FoundObject{{*current_, *current_row_}, true};
  }
  CLOUDLET_ASSIGN_OR_RETURN(VersionRow row,
                            objstore::FindObject(kv(), prepared.bucket->id, prepared.key, version,
                                                 ErrorCode::kMethodNotAllowed, nullptr));
  return FoundObject{std::move(row), false};
}

absl::Status BatchBuilder::MakeWay(const Prepared& prepared, Versioning versioning) {
  if (versioning == Versioning::kOff) {
    if (current_.has_value()) Release(*current_);
    return absl::OkStatus();
  }
  const bool replaces_null = versioning == Versioning::kSuspended;
  NoncurrentRows rows = RowsOf(prepared);
  if (current_.has_value() && replaces_null && IsNullVersion(*current_)) {
    Release(*current_);
    return absl::OkStatus();
  }
  if (replaces_null) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<VersionRow> replaced, rows.Find({true, 0}));
    if (replaced.has_value()) {
      rows.Remove(replaced->head);
      Release(replaced->head);
    }
  }
  if (current_.has_value()) rows.Add(*current_, current_row_->view());
  return absl::OkStatus();
}

absl::StatusOr<MutationResult> BatchBuilder::WriteVersion(const Prepared& prepared, EventType type,
                                                          int64_t modified_ms,
                                                          std::string_view inline_bytes,
                                                          uint64_t number, Head* head) {
  head->flags = FlagsOf(prepared.bucket->versioning.load());
  head->number = number;
  head->modified_ms = modified_ms;
  const std::string row = EncodeHead(*head);
  const std::string_view pieces[] = {row, inline_bytes};
  batch_->PutParts(kHeads, head_key_, pieces);
  stored += static_cast<int64_t>(head->size);
  absl::StatusOr<MutationResult> verdict(absl::in_place);  // the only return, so it is not moved
  PutResult& result = verdict->emplace<PutResult>();
  SetResult(prepared, *head, &result);
  AddEvent(prepared, type, number, {head, result.etag, result.version_id});
  AddChange(prepared, ChangeKind::kWritten, number);
  AddEffect(prepared, head);
  return verdict;
}

void BatchBuilder::Rewrite(const Prepared& prepared, bool is_current, const DecodedHead& decoded) {
  const std::string row = EncodeHead(decoded.head);
  const std::string_view pieces[] = {row, decoded.inline_bytes};
  if (is_current) {
    batch_->PutParts(kHeads, head_key_, pieces);
  } else {
    batch_->PutParts(kVersions, VersionKey(prepared.bucket->id, prepared.key, decoded.head.number),
                     pieces);
  }
}

void BatchBuilder::SetResult(const Prepared& prepared, const Head& head, PutResult* result) const {
  result->etag = head.etag.Text();
  if (prepared.bucket->versioning.load() != Versioning::kOff) {
    result->version_id = VersionIdOf(head);
  }
  result->crc64nvme = head.crc64nvme;
  result->checksum = ShownChecksum(head);
  result->sequence = head.number;
  result->request_id = request_.request_id;
}

// --- Rows, events and changes ---

NoncurrentRows BatchBuilder::RowsOf(const Prepared& prepared) {
  return NoncurrentRows(state_.kv.get(), batch_.get(), prepared.bucket->id, prepared.key);
}

void BatchBuilder::Release(const Head& head) {
  if (head.annotations_id != 0) {
    released.push_back({head.annotations_id, 0, PayloadKind::kAnnotationSet});
    MarkGarbage(released.back(), batch_.get());
  }
  ReleaseBody(head);
}

void BatchBuilder::ReleaseBody(const Head& head) {
  stored -= static_cast<int64_t>(head.size);
  if (head.location == Location::kInline) return;
  const bool has_parts = head.location == Location::kInManifest;
  released.push_back(
      {head.payload_id, head.size, has_parts ? PayloadKind::kManifest : PayloadKind::kBytes});
  DropReference(kVersionOwner, head.number, released.back(), batch_.get());
}

void BatchBuilder::AddEvent(const Prepared& prepared, EventType type, uint64_t number,
                            const Subject& subject) {
  const BucketState& bucket = *prepared.bucket;
  const bool retained = bucket.info.options.retain_events;
  const bool has_rules = request_.rules != nullptr && request_.rules->HasRules(bucket.id);
  if (!retained && !has_rules) return;
  auto record = std::make_shared<EventRecord>();
  if (has_rules) record->targets = request_.rules->Match(bucket.id, type, prepared.key);
  if (!retained && record->targets.empty()) return;
  record->bucket_id = bucket.id;
  record->retained = retained;
  Event& event = record->event;
  event.type = type;
  event.bucket = bucket.info.name;
  if (bucket.owner != environment_.owner) event.bucket_owner = bucket.owner;
  event.bucket_region = bucket.info.options.region;
  event.key = prepared.key;
  if (subject.head != nullptr) event.size = subject.head->size;
  event.etag = subject.etag;
  event.version_id = subject.version_id;
  event.annotation_name = subject.annotation_name;
  event.annotation_size = subject.annotation_size;
  event.annotation_etag = subject.annotation_etag;
  event.has_annotations = subject.has_annotations;
  SetOrigin(number, &event);
  batch_->Put(kEvents, EventKey(retained ? kRetainedTag : kTransientTag, number),
              EncodeEvent(*record, subject.head != nullptr ? subject.head->etag : StoredEtag()));
  events.push_back(std::move(record));
}

void BatchBuilder::AddInvocation(const PreparedEnqueue& enqueue, uint64_t number) {
  auto record = std::make_shared<EventRecord>();
  record->targets.push_back({std::string(enqueue.function), {}});
  record->payload = enqueue.payload;
  if (enqueue.attributes != nullptr) record->attributes = *enqueue.attributes;
  record->delay = enqueue.delay;
  record->event.type = EventType::kInvocation;
  SetOrigin(number, &record->event);
  batch_->Put(kEvents, EventKey(kTransientTag, number), EncodeEvent(*record, StoredEtag()));
  events.push_back(std::move(record));
}

// When, by whom and because of what.
void BatchBuilder::SetOrigin(uint64_t number, Event* event) const {
  const Caller& caller = *request_.caller;
  event->sequence = number;
  event->time = FromMillis(now_ms_);
  event->request_id = request_.request_id;
  event->principal = caller.principal.empty() ? environment_.owner : caller.principal;
  event->source_address = caller.source_address;
  event->causation = caller.causation;
  if (event->causation.root == 0) event->causation.root = number;
}

void BatchBuilder::AddChange(const Prepared& prepared, ChangeKind kind, uint64_t number) {
  changes.push_back({kind, prepared.bucket, prepared.key, number});
}

// Only later mutations of the same batch look at effects.
void BatchBuilder::AddEffect(const Prepared& prepared, const Head* head) {
  if (&prepared == &request_.mutations.back()) return;
  if (effects_.empty()) effects_.reserve(request_.mutations.size());
  Effect& effect = effects_.emplace_back();
  effect.bucket_id = prepared.bucket->id;
  effect.key = prepared.key;
  if (head != nullptr) effect.head = *head;
}

}  // namespace cloudlet::objstore
