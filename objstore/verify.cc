// Reading a whole store for disagreements: see verify.h.
#include "objstore/verify.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/bytes.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "objstore/annotation_rows.h"
#include "objstore/delivery_rows.h"
#include "objstore/keys.h"
#include "objstore/part_checksums.h"
#include "objstore/payload.h"
#include "objstore/records.h"
#include "objstore/upload_rows.h"
#include "objstore/upload_rules.h"
#include "objstore/versions.h"

namespace cloudlet::objstore {
namespace {

using base::V;

constexpr size_t kMostProblems = 100;
constexpr size_t kGarbageHintBytes = 8;  // behind them the kind, where it is not plain bytes

class Verifier {
 public:
  explicit Verifier(State& state) : state_(state), snapshot_(state.kv->TakeSnapshot()) {}

  absl::StatusOr<VerifyReport> Run() {
    for (const BucketPtr& bucket : state_.buckets.All()) buckets_.insert(bucket->id);
    CLOUDLET_RETURN_IF_ERROR(Heads());
    CLOUDLET_RETURN_IF_ERROR(Versions());
    CLOUDLET_RETURN_IF_ERROR(Uploads());
    CLOUDLET_RETURN_IF_ERROR(Manifests());
    CLOUDLET_RETURN_IF_ERROR(Annotations());
    CLOUDLET_RETURN_IF_ERROR(Owners());
    AnnotationSets();
    CLOUDLET_RETURN_IF_ERROR(Payloads());
    CLOUDLET_RETURN_IF_ERROR(Events());
    CLOUDLET_RETURN_IF_ERROR(Deliveries());
    return std::move(report_);
  }

 private:
  // A payload and who has it: a version by its commit number, an upload or manifest by its id.
  using Ownership = std::tuple<uint64_t, char, uint64_t>;
  struct Owned {
    uint64_t size = 0;
    std::string what;  // bucket id and key
    bool referenced = false;
  };
  // What a head says of its manifest.
  struct OfManifest {
    uint64_t size = 0;
    uint32_t parts = 0;
    uint64_t crc64nvme = 0;
    std::optional<StoredChecksum> checksum = {};
    std::string what = {};
  };
  // What there is of one set of annotations.
  struct FoundSet {
    std::optional<uint32_t> count;  // as its row says
    uint32_t rows = 0;
  };
  // What there is of one payload.
  struct Found {
    uint64_t bytes = 0;
    uint32_t chunks = 0;
    bool whole = true;  // chunks 0, 1, 2, ..., all but the last one full
  };

  std::unique_ptr<kv::Iterator> Walk(kv::Family family) {
    kv::IteratorOptions options;
    options.snapshot = snapshot_.get();
    options.fill_cache = false;
    auto it = state_.kv->NewIterator(family, options);
    it->SeekToFirst();
    return it;
  }

  void Problem(std::string text) {
    if (report_.problems.size() < kMostProblems) report_.problems.push_back(std::move(text));
  }

  absl::Status Heads() {
    auto it = Walk(kHeads);
    for (; it->Valid(); it->Next()) {
      ++report_.objects;
      std::string_view key = it->key();
      uint64_t bucket_id = 0;
      if (!base::ReadBe64(&key, &bucket_id)) {
        Problem("a head key is too short");
        continue;
      }
      const std::string what = absl::StrCat("bucket ", bucket_id, " key ", V(base::Quoted(key)));
      if (buckets_.count(bucket_id) == 0) Problem(absl::StrCat(what, ": no such bucket"));
      const std::optional<Head> head = Version(bucket_id, what, it->value());
      if (head.has_value() && IsDeleteMarker(*head)) {
        Problem(absl::StrCat(what, ": a delete marker among the current objects"));
      }
    }
    return it->status();
  }

  // A row of a version, checked by itself; nullopt when it does not parse.
  std::optional<Head> Version(uint64_t bucket_id, const std::string& what, std::string_view row) {
    absl::StatusOr<DecodedHead> decoded = DecodeHead(row);
    if (!decoded.ok()) {
      Problem(absl::StrCat(what, ": ", decoded.status().message()));
      return std::nullopt;
    }
    Head& head = decoded->head;
    if (head.bucket_id != bucket_id) {
      Problem(absl::StrCat(what, ": the row is of bucket ", head.bucket_id));
    }
    // A version is named by its commit number, a payload by its id: together they are the
    // reference.
    if (head.location == Location::kInPayload) {
      Own(head.payload_id, kVersionOwner, head.number, {head.size, what});
    } else if (head.location == Location::kInManifest) {
      Own(head.payload_id, kVersionOwner, head.number, {0, what});
      of_manifests_.emplace(head.payload_id, OfManifest{head.size, head.etag.parts, head.crc64nvme,
                                                        head.checksum, what});
    }
    if (head.annotations_id != 0) {
      if (!annotated_.emplace(head.annotations_id, what).second) {
        Problem(absl::StrCat(what, ": shares its annotations with another version"));
      }
      if (IsDeleteMarker(head)) Problem(absl::StrCat(what, ": a delete marker with annotations"));
    }
    return std::move(head);
  }

  void Own(uint64_t payload_id, char kind, uint64_t owner_id, Owned owned) {
    const std::string what = owned.what;
    if (!owned_.emplace(Ownership(payload_id, kind, owner_id), std::move(owned)).second) {
      Problem(absl::StrCat(what, ": shares its payload and number with another object"));
    }
  }

  // The versions of one key, as they are walked: newest first.
  struct KeyOfVersions {
    uint64_t bucket_id = 0;
    std::string key;
    std::string what;
    std::optional<uint64_t> null_pointer;
    std::optional<uint64_t> null_number;  // of a row
    uint64_t above = 0;                   // number of the version above the next; 0: none
  };

  absl::Status Versions() {
    std::optional<KeyOfVersions> at;
    auto it = Walk(kVersions);
    for (; it->Valid(); it->Next()) {
      std::string_view row_key = it->key();
      uint64_t bucket_id = 0;
      const std::optional<VersionName> name = ParseVersionKey(row_key);
      if (!base::ReadBe64(&row_key, &bucket_id) || !name.has_value()) {
        Problem("the key of a version does not parse");
        continue;
      }
      if (!at.has_value() || at->bucket_id != bucket_id || at->key != name->key) {
        EndKey(at);
        CLOUDLET_ASSIGN_OR_RETURN(at, BeginKey(bucket_id, name->key));
      }
      if (name->number == ~uint64_t{0}) {
        std::string_view bytes = it->value();
        if (!base::ReadBe64(&bytes, &at->null_pointer.emplace())) {
          Problem(absl::StrCat(at->what, ": the pointer to its null version does not parse"));
        }
        continue;
      }
      ++report_.noncurrent_versions;
      OneOfKey(name->number, it->value(), &*at);
    }
    EndKey(at);
    return it->status();
  }

  absl::StatusOr<std::optional<KeyOfVersions>> BeginKey(uint64_t bucket_id,
                                                        const std::string& key) {
    KeyOfVersions begun;
    begun.bucket_id = bucket_id;
    begun.key = key;
    begun.what = absl::StrCat("bucket ", bucket_id, " key ", V(base::Quoted(key)));
    if (buckets_.count(bucket_id) == 0) Problem(absl::StrCat(begun.what, ": no such bucket"));
    CLOUDLET_ASSIGN_OR_RETURN(
        const std::optional<kv::PinnedBytes> row,
        state_.kv->Get(kHeads, HeadKey(bucket_id, key), {.snapshot = snapshot_.get()}));
    if (row.has_value()) {
      const absl::StatusOr<Head> head = DecodeHeadFixed(row->view());
      begun.above = head.ok() ? head->number : ~uint64_t{0};  // told of already
    }
    return std::optional<KeyOfVersions>(std::move(begun));
  }

  void OneOfKey(uint64_t number, std::string_view row, KeyOfVersions* at) {
    const std::string what = absl::StrCat(at->what, " version ", number);
    const std::optional<Head> head = Version(at->bucket_id, what, row);
    if (!head.has_value()) return;
    if (head->number != number) Problem(absl::StrCat(what, ": the row has ", head->number));
    if (at->above == 0 && !IsDeleteMarker(*head)) {
      Problem(absl::StrCat(what, ": the newest version is an object and not the current one"));
    }
    if (at->above != 0 && at->above <= number) {
      Problem(absl::StrCat(what, ": newer than the version above it, ", at->above));
    }
    if (IsNullVersion(*head)) {
      if (at->null_number.has_value()) Problem(absl::StrCat(what, ": a second null version"));
      at->null_number = number;
    }
    at->above = number;
  }

  void EndKey(const std::optional<KeyOfVersions>& at) {
    if (!at.has_value() || at->null_pointer == at->null_number) return;
    Problem(absl::StrCat(at->what, ": its null version is ", at->null_number.value_or(0),
                         ", the pointer says ", at->null_pointer.value_or(0), " (0: none)"));
  }

  // Each upload belongs to a bucket, each part to an upload; the upload has the parts' payloads.
  absl::Status Uploads() {
    UploadName open;  // the last upload itself
    auto it = Walk(kUploads);
    for (; it->Valid(); it->Next()) {
      const std::optional<UploadName> name = ParseUploadKey(it->key());
      if (!name.has_value()) {
        Problem("the key of an upload does not parse");
        continue;
      }
      const std::string what =
          absl::StrCat("bucket ", name->bucket_id, " key ", V(base::Quoted(name->key)), " upload ",
                       name->upload_id);
      if (name->part == kUploadItself) {
        open = *name;
        ++report_.uploads;
        if (buckets_.count(name->bucket_id) == 0) Problem(absl::StrCat(what, ": no such bucket"));
        const absl::StatusOr<Upload> upload = DecodeUpload(it->value());
        if (!upload.ok()) Problem(absl::StrCat(what, ": ", upload.status().message()));
        continue;
      }
      if (open.upload_id != name->upload_id || open.key != name->key ||
          open.bucket_id != name->bucket_id) {
        Problem(absl::StrCat(what, ": has part ", name->part, " and is not there"));
      }
      const absl::StatusOr<Part> part = DecodePart(name->part, it->value());
      if (part.ok()) {
        OwnPart(what, name->upload_id, *part);
      } else {
        Problem(absl::StrCat(what, ": ", part.status().message()));
      }
    }
    return it->status();
  }

  void OwnPart(const std::string& what, uint64_t owner_id, const Part& part) {
    if (part.payload_id == 0) return;
    Own(part.payload_id, kManifestOwner, owner_id,
        {part.size, absl::StrCat(what, " part ", part.number)});
  }

  // Each manifest that a head names is what the heads say, and has its parts.
  absl::Status Manifests() {
    for (auto of = of_manifests_.begin(); of != of_manifests_.end();) {
      const auto [begin, end] = of_manifests_.equal_range(of->first);
      CLOUDLET_ASSIGN_OR_RETURN(const std::optional<Assembled> object, LoadManifest(of->first));
      for (of = begin; of != end; ++of) {
        if (object.has_value()) {
          CompareSums(*object, of->second);
        } else {
          Problem(absl::StrCat(of->second.what, ": manifest ", of->first,
                               " is missing or does not check"));
        }
      }
    }
    return absl::OkStatus();
  }

  // What it makes of its parts, which it has from now on; nullopt when it is not there or wrong.
  absl::StatusOr<std::optional<Assembled>> LoadManifest(uint64_t id) {
    manifests_.insert(id);
    CLOUDLET_ASSIGN_OR_RETURN(
        const std::optional<kv::PinnedBytes> row,
        state_.kv->Get(kPayload, ChunkKey(id, kManifestChunk), {.snapshot = snapshot_.get()}));
    if (!row.has_value()) return std::optional<Assembled>();
    absl::StatusOr<Manifest> manifest = DecodeManifest(row->view());
    if (!manifest.ok()) return std::optional<Assembled>();
    for (const Part& part : manifest->parts) OwnPart(absl::StrCat("manifest ", id), id, part);
    return std::optional<Assembled>(Assemble(std::move(manifest->parts)));
  }

  void CompareSums(const Assembled& object, const OfManifest& of) {
    if (object.size != of.size || object.parts.size() != of.parts ||
        object.crc64nvme != of.crc64nvme) {
      Problem(absl::StrCat(of.what, ": its manifest has ", object.parts.size(), " parts of ",
                           object.size, " bytes with CRC64NVME ", V(base::Hex16(object.crc64nvme)),
                           ", expected ", of.parts, " of ", of.size, " with ",
                           V(base::Hex16(of.crc64nvme))));
    }
    if (!of.checksum.has_value()) return;
    const absl::StatusOr<StoredChecksum> checksum =
        ChecksumOfParts(object.parts, {of.checksum->algorithm, of.checksum->type});
    if (!checksum.ok() || *checksum != *of.checksum) {
      Problem(absl::StrCat(of.what, ": its parts do not make its checksum"));
    }
  }

  // Each annotation parses, and its set has its payload.
  absl::Status Annotations() {
    auto it = Walk(kAnnotations);
    for (; it->Valid(); it->Next()) {
      const std::optional<AnnotationName> name = ParseAnnotationKey(it->key());
      if (!name.has_value()) {
        Problem("the key of an annotation does not parse");
        continue;
      }
      const std::string what = absl::StrCat("annotations ", name->set_id);
      FoundSet& set = sets_[name->set_id];
      if (name->name.empty()) {
        const absl::StatusOr<uint32_t> count = DecodeAnnotationSet(it->value());
        if (count.ok()) set.count = *count;
        continue;
      }
      ++set.rows;
      ++report_.annotations;
      const std::string one = absl::StrCat(what, " ", V(base::Quoted(name->name)));
      const absl::StatusOr<StoredAnnotation> annotation = DecodeAnnotation(it->value());
      if (!annotation.ok()) {
        Problem(absl::StrCat(one, ": ", annotation.status().message()));
      } else if (annotation->payload_id != 0) {
        Own(annotation->payload_id, kAnnotationsOwner, name->set_id, {annotation->size, one});
      }
    }
    return it->status();
  }

  // Each set has as many annotations as it counts, and its version, or is garbage; each version
  // that names a set has it. After Owners, which finds the garbage.
  void AnnotationSets() {
    for (const auto& [id, set] : sets_) {
      if (set.count != set.rows) {
        Problem(absl::StrCat("annotations ", id, ": there are ", set.rows, ", its row says ",
                             set.count.has_value() ? absl::StrCat(*set.count) : "nothing"));
      }
      const bool has_version = annotated_.count(id) != 0;
      if (has_version == (garbage_.count(id) != 0)) {
        Problem(absl::StrCat(
            "annotations ", id,
            has_version ? ": are garbage, and a version has them" : ": no version has them"));
      }
    }
    for (const auto& [id, what] : annotated_) {
      if (sets_.count(id) == 0) {
        Problem(absl::StrCat(what, ": its annotations ", id, " are missing"));
      }
    }
  }

  absl::Status Owners() {
    auto it = Walk(kOwners);
    for (; it->Valid(); it->Next()) {
      if (const auto garbage = ParseGarbageKey(it->key())) {
        garbage_.insert(*garbage);
        // Until it is reclaimed it has its parts. These rows come before all references.
        if (it->value().size() > kGarbageHintBytes &&
            it->value()[kGarbageHintBytes] == kManifestOwner && manifests_.count(*garbage) == 0) {
          CLOUDLET_RETURN_IF_ERROR(LoadManifest(*garbage).status());
        }
        continue;
      }
      const std::optional<Reference> reference = ParseReferenceKey(it->key());
      if (!reference.has_value()) {
        Problem("an owners key does not parse");
        continue;
      }
      const auto owner =
          owned_.find(Ownership(reference->payload_id, reference->kind, reference->owner_id));
      if (owner == owned_.end()) {
        Problem(absl::StrCat("payload ", reference->payload_id, ": its owner ", reference->owner_id,
                             " does not exist"));
      } else {
        owner->second.referenced = true;
      }
      referenced_.insert(reference->payload_id);
    }
    for (const auto& [ownership, owned] : owned_) {
      if (!owned.referenced) {
        Problem(
            absl::StrCat(owned.what, ": payload ", std::get<0>(ownership), " has no reference"));
      }
    }
    return it->status();
  }

  absl::Status Payloads() {
    std::map<uint64_t, Found> payloads;
    auto it = Walk(kPayload);
    for (; it->Valid(); it->Next()) {
      const std::optional<ChunkName> name = ParseChunkKey(it->key());
      if (!name.has_value() || it->value().size() < 8) {
        Problem("a payload row does not parse");
        continue;
      }
      Found& found = payloads[name->payload_id];
      if (name->chunk == kManifestChunk) continue;
      found.whole = found.whole && name->chunk == found.chunks && found.bytes % kChunkBytes == 0;
      ++found.chunks;
      found.bytes += it->value().size() - 8;
    }
    CLOUDLET_RETURN_IF_ERROR(it->status());
    report_.payloads = payloads.size();
    for (const auto& [id, found] : payloads) {
      if (referenced_.count(id) != 0) continue;
      if (garbage_.count(id) != 0) {
        ++report_.garbage_payloads;
      } else {
        Problem(absl::StrCat("payload ", id, " has ", found.bytes, " bytes and no owner"));
      }
    }
    for (const auto& [ownership, owned] : owned_) {
      const uint64_t id = std::get<0>(ownership);
      const Found& found = payloads[id];
      if (found.bytes != owned.size || found.chunks != ChunksOf(owned.size) || !found.whole) {
        Problem(absl::StrCat(owned.what, ": payload ", id, " has ", found.bytes, " bytes in ",
                             found.chunks, " chunks", found.whole ? "" : " with gaps",
                             ", expected ", owned.size, " in ", ChunksOf(owned.size)));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Events() {
    uint64_t watermark = 0;
    CLOUDLET_ASSIGN_OR_RETURN(
        const std::optional<kv::PinnedBytes> row,
        state_.kv->Get(kSystem, kWatermarkKey, {.snapshot = snapshot_.get()}));
    if (row.has_value()) {
      std::string_view bytes = row->view();
      if (!base::ReadBe64(&bytes, &watermark)) Problem("the watermark row does not parse");
    }
    auto it = Walk(kEvents);
    for (; it->Valid(); it->Next()) {
      ++report_.events;
      const absl::StatusOr<EventRecord> event = DecodeEvent(it->value());
      const std::optional<uint64_t> number = ParseEventKey(it->key());
      if (!number.has_value()) {
        Problem("an event key does not parse");
      } else if (!event.ok()) {
        Problem(absl::StrCat("event ", *number, ": ", event.status().message()));
      } else if (event->event.sequence != *number) {
        Problem(absl::StrCat("event ", *number, " holds event ", event->event.sequence));
      } else if (it->key()[0] == kTransientTag && *number <= watermark) {
        Problem(absl::StrCat("event ", *number, " stands below the watermark ", watermark));
      }
    }
    return it->status();
  }

  absl::Status Deliveries() {
    auto it = Walk(kDeliveries);
    for (; it->Valid(); it->Next()) {
      ++report_.deliveries;
      const absl::StatusOr<DeliveryRow> delivery = DecodeDelivery(it->key(), it->value());
      if (!delivery.ok()) Problem(absl::StrCat("a delivery: ", delivery.status().message()));
    }
    return it->status();
  }

  State& state_;
  const std::shared_ptr<const kv::Snapshot> snapshot_;
  VerifyReport report_;
  std::set<uint64_t> buckets_;
  std::map<Ownership, Owned> owned_;
  std::multimap<uint64_t, OfManifest> of_manifests_;  // by the manifest's id
  std::set<uint64_t> manifests_;                      // that were looked at
  std::map<uint64_t, std::string> annotated_;         // set -> the version that names it
  std::map<uint64_t, FoundSet> sets_;
  std::set<uint64_t> referenced_;
  std::set<uint64_t> garbage_;
};

}  // namespace

absl::StatusOr<VerifyReport> Verify(State& state) { return Verifier(state).Run(); }

}  // namespace cloudlet::objstore
