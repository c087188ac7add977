// What the tests of objstore/ share: short calls on any ObjectStore, a clock that stands still, and
// an engine that keeps its content over a reopen and fails when told.
//
// Threads: the calls as the store; TestClock and the counters of EngineControls from any thread,
// the rest of it is set while no call is under way.
#ifndef CLOUDLET_OBJSTORE_STORE_TESTING_H_
#define CLOUDLET_OBJSTORE_STORE_TESTING_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "cloudlet/clock.h"
#include "objstore/kv/kv.h"
#include "objstore/kv/rocks_kv.h"
#include "objstore/local_store.h"
#include "objstore/state.h"
#include "objstore/store.h"

namespace cloudlet::objstore {

// --- Errors ---

// "OK", the S3 code ("NoSuchKey"), or the canonical name ("DATA_LOSS") of a status without one.
std::string CodeOf(const absl::Status& status);
template <typename T>
std::string CodeOf(const absl::StatusOr<T>& result) {
  return CodeOf(result.status());
}

// --- Bytes ---

// `size` bytes that differ from one another and from those of other seeds; the same every time.
std::string Bytes(uint64_t size, uint64_t seed = 1);
// What If-Match, Content-MD5 and ETags are made of.
std::string Md5Hex(std::string_view bytes);
std::string Md5Base64(std::string_view bytes);

// --- Calls ---

absl::StatusOr<PutResult> Put(ObjectStore& store, std::string_view bucket, std::string_view key,
                              std::string_view body, const PutOptions& options = {},
                              const Caller& caller = {});
absl::StatusOr<DeleteResult> Delete(ObjectStore& store, std::string_view bucket,
                                    std::string_view key, const DeleteOptions& options = {},
                                    const Caller& caller = {});

absl::StatusOr<CopyResult> Copy(ObjectStore& store, const CopySource& source,
                                std::string_view bucket, std::string_view key,
                                const CopyOptions& options = {}, const Caller& caller = {});
absl::StatusOr<RenameResult> Rename(ObjectStore& store, std::string_view bucket,
                                    std::string_view source_key, std::string_view key,
                                    const RenameOptions& options = {}, const Caller& caller = {});
absl::StatusOr<ChangeTagsResult> SetTags(ObjectStore& store, std::string_view bucket,
                                         std::string_view key, const TagSet& tags,
                                         const ChangeTagsOptions& options = {},
                                         const Caller& caller = {});
absl::StatusOr<ChangeTagsResult> DeleteTags(ObjectStore& store, std::string_view bucket,
                                            std::string_view key,
                                            const ChangeTagsOptions& options = {},
                                            const Caller& caller = {});
// "key=value key=value", which the count of the info must agree with, or the code of the error.
std::string TagsOf(ObjectStore& store, std::string_view bucket, std::string_view key,
                   std::string_view version_id = {});
std::string TextOf(const TagSet& tags);

absl::StatusOr<AppendResult> Append(ObjectStore& store, std::string_view bucket,
                                    std::string_view key, std::string_view body,
                                    const AppendOptions& options = {}, const Caller& caller = {});

struct Got {
  ObjectInfo info;
  bool not_modified = false;
  uint64_t offset = 0;
  std::string body;
};
// The answer with its body read to the end.
absl::StatusOr<Got> Get(ObjectStore& store, std::string_view bucket, std::string_view key,
                        const GetOptions& options = {}, const Caller& caller = {});
absl::StatusOr<Got> HeadOf(ObjectStore& store, std::string_view bucket, std::string_view key,
                           const GetOptions& options = {}, const Caller& caller = {});
// The body, or the code of the error.
std::string BodyOf(ObjectStore& store, std::string_view bucket, std::string_view key);

// Options without anything in them.
const PutOptions& PlainPut();
// Writes `body` through a sink in pieces of `piece` bytes.
absl::StatusOr<std::unique_ptr<StagedPayload>> StageBody(ObjectStore& store,
                                                         std::string_view bucket,
                                                         std::string_view body, size_t piece,
                                                         const PutOptions& options = {});
absl::StatusOr<PutResult> PutStaged(ObjectStore& store, std::string_view bucket,
                                    std::string_view key, std::unique_ptr<StagedPayload> staged,
                                    const PutOptions& options = {});

// "key", or "prefix>" for a common prefix, page by page to the end; or the code of the error.
std::vector<std::string> ListAll(ObjectStore& store, std::string_view bucket,
                                 ListPageOptions options = {});

// --- Environment ---

class TestClock : public Clock {
 public:
  absl::Time Now() override { return absl::FromUnixMillis(now_ms_.load()); }
  void Advance(absl::Duration by) { now_ms_ += absl::ToInt64Milliseconds(by); }

 private:
  std::atomic<int64_t> now_ms_{1'893'456'000'000};  // 2030-01-01T00:00:00Z
};

Environment TestEnvironment(std::shared_ptr<Clock> clock = std::make_shared<TestClock>());

// FamilyNames() as RocksKv takes them, small memory tables.
kv::RocksKvOptions TestRocksOptions();

// --- An engine that is told to fail ---

struct EngineControls {
  absl::Status fail_writes;   // what Write answers, writing nothing
  absl::Status fail_ingests;  // what Ingest answers, taking nothing
  absl::Status fail_walks;    // what iterators made meanwhile are at their end with, at once
  std::function<void()> before_write;
  std::atomic<int> writes{0};
  std::atomic<int> synced_writes{0};
  std::atomic<int> reclaims{0};
  std::atomic<uint64_t> freed_bytes{0};
};

// A MemoryKv whose content outlives the engines made over it.
struct KeptEngine {
  KeptEngine();
  KvOpener Opener();
  std::unique_ptr<kv::Kv> Open();

  std::shared_ptr<kv::Kv> content;
  std::shared_ptr<EngineControls> controls;
};

// A LocalStore over a KeptEngine, with one bucket, "bkt".
struct TestStore {
  explicit TestStore(const BucketOptions& options = {});
  kv::Kv& kv() { return *engine.content; }
  // The state behind the gate; valid until Close or Reopen.
  State& state() { return store->Enter()->state; }
  // Rows of one family, key and value.
  std::vector<std::pair<std::string, std::string>> Rows(kv::Family family);
  void PutRow(kv::Family family, std::string_view key, std::string_view value);
  void DeleteRow(kv::Family family, std::string_view key);

  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  KeptEngine engine;
  std::shared_ptr<LocalStore> store;
};

}  // namespace cloudlet::objstore

#endif  // CLOUDLET_OBJSTORE_STORE_TESTING_H_
