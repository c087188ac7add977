// Calls, bytes and engines for tests: see store_testing.h.
#include "objstore/store_testing.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "absl/types/span.h"
#include "base/md5.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/keys.h"
#include "objstore/kv/memory_kv.h"

namespace cloudlet::objstore {
namespace {

// A walk that has failed.
class FailedWalk : public kv::Iterator {
 public:
  explicit FailedWalk(absl::Status status) : status_(std::move(status)) {}
  void SeekToFirst() override {}
  void Seek(std::string_view) override {}
  void SeekForPrev(std::string_view) override {}
  void Next() override {}
  void Prev() override {}
  bool Valid() const override { return false; }
  std::string_view key() const override { return {}; }
  std::string_view value() const override { return {}; }
  absl::Status status() const override { return status_; }

 private:
  const absl::Status status_;
};

// Forwards to a shared engine; closing it leaves that open.
class ForwardingKv : public kv::Kv {
 public:
  ForwardingKv(std::shared_ptr<kv::Kv> to, std::shared_ptr<EngineControls> controls)
      : to_(std::move(to)), controls_(std::move(controls)) {}

  const std::vector<std::string>& families() const override { return to_->families(); }
  std::unique_ptr<kv::Batch> NewBatch(size_t expected_bytes) override {
    return to_->NewBatch(expected_bytes);
  }
  absl::Status Write(kv::Batch& batch, kv::Durability durability) override {
    if (controls_->before_write) controls_->before_write();
    if (!controls_->fail_writes.ok()) return controls_->fail_writes;
    ++controls_->writes;
    if (durability == kv::Durability::kSync) ++controls_->synced_writes;
    return to_->Write(batch, durability);
  }
  absl::Status Sync() override { return to_->Sync(); }
  absl::StatusOr<std::optional<kv::PinnedBytes>> Get(kv::Family family, std::string_view key,
                                                     const kv::GetOptions& options) override {
    return to_->Get(family, key, options);
  }
  absl::StatusOr<std::vector<std::optional<kv::PinnedBytes>>> MultiGet(
      kv::Family family, absl::Span<const std::string> keys,
      const kv::GetOptions& options) override {
    return to_->MultiGet(family, keys, options);
  }
  std::unique_ptr<kv::Iterator> NewIterator(kv::Family family,
                                            const kv::IteratorOptions& options) override {
    if (!controls_->fail_walks.ok()) return std::make_unique<FailedWalk>(controls_->fail_walks);
    return to_->NewIterator(family, options);
  }
  std::shared_ptr<const kv::Snapshot> TakeSnapshot() override { return to_->TakeSnapshot(); }
  absl::StatusOr<std::unique_ptr<kv::BulkWriter>> NewBulkWriter(kv::Family family) override {
    return to_->NewBulkWriter(family);
  }
  absl::Status Ingest(std::vector<std::unique_ptr<kv::BulkWriter>> writers) override {
    if (!controls_->fail_ingests.ok()) return controls_->fail_ingests;
    return to_->Ingest(std::move(writers));
  }
  void Freed(kv::Family family, std::string_view begin, std::string_view end,
             uint64_t bytes) override {
    controls_->freed_bytes += bytes;
    to_->Freed(family, begin, end, bytes);
  }
  absl::Status Reclaim(kv::Family family, std::string_view begin, std::string_view end) override {
    ++controls_->reclaims;
    return to_->Reclaim(family, begin, end);
  }
  absl::Status Checkpoint(const std::string& directory) override {
    return to_->Checkpoint(directory);
  }
  absl::Status health() const override { return to_->health(); }
  kv::KvStats stats() const override { return to_->stats(); }
  absl::Status Close() override { return absl::OkStatus(); }

 private:
  const std::shared_ptr<kv::Kv> to_;
  const std::shared_ptr<EngineControls> controls_;
};

absl::StatusOr<Got> ReadAll(ObjectStore& store, std::string_view bucket, std::string_view key,
                            const GetOptions& options, ReadPart part, const Caller& caller) {
  CLOUDLET_ASSIGN_OR_RETURN(ReadAnswer answer, store.Read({bucket, key, &options, part, caller}));
  Got got;
  got.info = std::move(answer.info);
  got.not_modified = answer.not_modified;
  got.offset = answer.offset;
  got.body = std::string(answer.small_body);
  while (answer.source != nullptr) {
    CLOUDLET_ASSIGN_OR_RETURN(const absl::Cord piece, answer.source->Next());
    if (piece.empty()) break;
    got.body.append(std::string(piece));
  }
  if (part == ReadPart::kBody && !got.not_modified && got.body.size() != answer.length) {
    return absl::InternalError("the body is not as long as the answer says");
  }
  return got;
}

template <typename Result>
absl::StatusOr<Result> MutateOne(ObjectStore& store, Mutation& mutation, const Caller& caller,
                                 Durability durability) {
  auto verdicts = store.Mutate({absl::MakeSpan(&mutation, 1), caller, durability});
  if (verdicts.size() != 1) return absl::InternalError("not one verdict");
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<Result>(*std::move(verdicts[0]));
}

}  // namespace

std::string CodeOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  const ErrorCode code = ErrorCodeOf(status);
  return code != ErrorCode::kNone ? InfoOf(code).name : absl::StatusCodeToString(status.code());
}

std::string Bytes(uint64_t size, uint64_t seed) {
  // A random block over and over, each time with its number in front; its length divides no chunk.
  constexpr uint64_t kBlock = 4099;
  base::Random random(seed);
  std::string block;
  while (block.size() < std::min(size, kBlock)) {
    const uint64_t word = random.Next();
    block.append(reinterpret_cast<const char*>(&word), sizeof(word));
  }
  std::string bytes;
  bytes.reserve(size);
  for (uint64_t number = 0; bytes.size() < size; ++number) {
    const uint64_t stamped = number ^ base::Mix64(seed);
    if (number > 0) block.replace(0, sizeof(stamped), reinterpret_cast<const char*>(&stamped), 8);
    bytes.append(block, 0, std::min({size - bytes.size(), kBlock, uint64_t{block.size()}}));
  }
  return bytes;
}

std::string Md5Hex(std::string_view bytes) {
  return base::HexLower(base::Md5Bytes(base::Md5Of(bytes)));
}

std::string Md5Base64(std::string_view bytes) {
  return base::Base64Encode(base::Md5Bytes(base::Md5Of(bytes)));
}

absl::StatusOr<PutResult> Put(ObjectStore& store, std::string_view bucket, std::string_view key,
                              std::string_view body, const PutOptions& options,
                              const Caller& caller) {
  Mutation mutation(PutMutation{bucket, key, absl::Cord(base::V(body)), &options});
  return MutateOne<PutResult>(store, mutation, caller, options.durability);
}

absl::StatusOr<DeleteResult> Delete(ObjectStore& store, std::string_view bucket,
                                    std::string_view key, const DeleteOptions& options,
                                    const Caller& caller) {
  Mutation mutation(DeleteMutation{bucket, key, &options});
  return MutateOne<DeleteResult>(store, mutation, caller, options.durability);
}

absl::StatusOr<CopyResult> Copy(ObjectStore& store, const CopySource& source,
                                std::string_view bucket, std::string_view key,
                                const CopyOptions& options, const Caller& caller) {
  Mutation mutation(CopyMutation{bucket, key, &source, &options});
  return MutateOne<CopyResult>(store, mutation, caller, options.durability);
}

absl::StatusOr<RenameResult> Rename(ObjectStore& store, std::string_view bucket,
                                    std::string_view source_key, std::string_view key,
                                    const RenameOptions& options, const Caller& caller) {
  Mutation mutation(RenameMutation{bucket, source_key, key, &options});
  return MutateOne<RenameResult>(store, mutation, caller, options.durability);
}

absl::StatusOr<AppendResult> Append(ObjectStore& store, std::string_view bucket,
                                    std::string_view key, std::string_view body,
                                    const AppendOptions& options, const Caller& caller) {
  const absl::Cord bytes(base::V(body));
  Mutation mutation(AppendMutation{bucket, key, &bytes, &options});
  return MutateOne<AppendResult>(store, mutation, caller, options.durability);
}

absl::StatusOr<ChangeTagsResult> SetTags(ObjectStore& store, std::string_view bucket,
                                         std::string_view key, const TagSet& tags,
                                         const ChangeTagsOptions& options, const Caller& caller) {
  Mutation mutation(SetTagsMutation{bucket, key, &tags, &options});
  return MutateOne<ChangeTagsResult>(store, mutation, caller, options.durability);
}

absl::StatusOr<ChangeTagsResult> DeleteTags(ObjectStore& store, std::string_view bucket,
                                            std::string_view key, const ChangeTagsOptions& options,
                                            const Caller& caller) {
  Mutation mutation(DeleteTagsMutation{bucket, key, &options});
  return MutateOne<ChangeTagsResult>(store, mutation, caller, options.durability);
}

std::string TextOf(const TagSet& tags) {
  std::string text;
  for (const Tag& tag : tags) {
    text.append(text.empty() ? "" : " ").append(tag.key).append("=").append(tag.value);
  }
  return text;
}

std::string TagsOf(ObjectStore& store, std::string_view bucket, std::string_view key,
                   std::string_view version_id) {
  GetOptions options;
  options.version_id = version_id;
  const absl::StatusOr<ReadAnswer> answer = store.Read({bucket, key, &options, ReadPart::kTags});
  if (!answer.ok()) return CodeOf(answer);
  if (answer->info.tag_count != static_cast<int>(answer->tags.size())) return "wrong count";
  return TextOf(answer->tags);
}

absl::StatusOr<Got> Get(ObjectStore& store, std::string_view bucket, std::string_view key,
                        const GetOptions& options, const Caller& caller) {
  return ReadAll(store, bucket, key, options, ReadPart::kBody, caller);
}

absl::StatusOr<Got> HeadOf(ObjectStore& store, std::string_view bucket, std::string_view key,
                           const GetOptions& options, const Caller& caller) {
  return ReadAll(store, bucket, key, options, ReadPart::kInfoOnly, caller);
}

std::string BodyOf(ObjectStore& store, std::string_view bucket, std::string_view key) {
  const absl::StatusOr<Got> got = Get(store, bucket, key);
  return got.ok() ? got->body : CodeOf(got);
}

const PutOptions& PlainPut() {
  static const PutOptions* const options = new PutOptions;
  return *options;
}

absl::StatusOr<std::unique_ptr<StagedPayload>> StageBody(ObjectStore& store,
                                                         std::string_view bucket,
                                                         std::string_view body, size_t piece,
                                                         const PutOptions& options) {
  CLOUDLET_ASSIGN_OR_RETURN(std::unique_ptr<PayloadSink> sink,
                            store.Stage({bucket, "key", &options}));
  while (!body.empty()) {
    const std::string_view next = body.substr(0, piece);
    CLOUDLET_RETURN_IF_ERROR(sink->Write(next));
    body.remove_prefix(next.size());
  }
  return sink->Finish();
}

absl::StatusOr<PutResult> PutStaged(ObjectStore& store, std::string_view bucket,
                                    std::string_view key, std::unique_ptr<StagedPayload> staged,
                                    const PutOptions& options) {
  Mutation mutation(PutMutation{bucket, key, std::move(staged), &options});
  auto verdicts = store.Mutate({absl::MakeSpan(&mutation, 1)});
  if (!verdicts[0].ok()) return verdicts[0].status();
  return std::get<PutResult>(*std::move(verdicts[0]));
}

std::vector<std::string> ListAll(ObjectStore& store, std::string_view bucket,
                                 ListPageOptions options) {
  std::vector<std::string> all;
  while (true) {
    const absl::StatusOr<ListPage> page = store.List(bucket, options, {});
    if (!page.ok()) return {CodeOf(page)};
    for (const ListEntry& entry : page->entries) {
      all.push_back(entry.is_prefix ? entry.key + ">" : entry.key);
    }
    if (!page->is_truncated) return all;
    options.continuation_token = page->next_continuation_token;
  }
}

Environment TestEnvironment(std::shared_ptr<Clock> clock) {
  Environment environment;
  environment.owner = "owner";
  environment.clock = std::move(clock);
  environment.ids = std::make_shared<base::IdSource>(7);
  return environment;
}

kv::RocksKvOptions TestRocksOptions() {
  kv::RocksKvOptions options;
  for (const std::string& name : FamilyNames()) {
    const auto family = static_cast<kv::Family>(options.families.size());
    options.families.push_back({name, family == kPayload ? kv::FamilyKind::kPayload
                                      : family == kEvents || family == kDeliveries
                                          ? kv::FamilyKind::kLog
                                          : kv::FamilyKind::kRows});
  }
  options.write_buffer_bytes = 1 << 20;
  options.block_cache_bytes = 8 << 20;
  return options;
}

KeptEngine::KeptEngine()
    : content(kv::NewMemoryKv(FamilyNames())), controls(std::make_shared<EngineControls>()) {}

std::unique_ptr<kv::Kv> KeptEngine::Open() {
  return std::make_unique<ForwardingKv>(content, controls);
}

KvOpener KeptEngine::Opener() {
  return
      [content = content, controls = controls](Opening) -> absl::StatusOr<std::unique_ptr<kv::Kv>> {
        return std::make_unique<ForwardingKv>(content, controls);
      };
}

TestStore::TestStore(const BucketOptions& options)
    : store(LocalStore::Open(TestEnvironment(clock), engine.Opener(),
                             std::make_shared<const base::Logger>(), "of the test")
                .value()) {
  if (!store->CreateBucket("bkt", options, {}).ok()) store.reset();
}

std::vector<std::pair<std::string, std::string>> TestStore::Rows(kv::Family family) {
  std::vector<std::pair<std::string, std::string>> rows;
  const auto it = kv().NewIterator(family, {});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    rows.emplace_back(std::string(it->key()), std::string(it->value()));
  }
  return rows;
}

void TestStore::PutRow(kv::Family family, std::string_view key, std::string_view value) {
  const auto batch = kv().NewBatch();
  batch->Put(family, key, value);
  kv().Write(*batch, kv::Durability::kBuffered).IgnoreError();
}

void TestStore::DeleteRow(kv::Family family, std::string_view key) {
  const auto batch = kv().NewBatch();
  batch->Delete(family, key);
  kv().Write(*batch, kv::Durability::kBuffered).IgnoreError();
}

}  // namespace cloudlet::objstore
