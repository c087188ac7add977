// The boundary of objstore/: see local_store.h.
#include "objstore/local_store.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "objstore/access.h"
#include "objstore/annotate.h"
#include "objstore/names.h"
#include "objstore/streams.h"
#include "objstore/verbs.h"

namespace cloudlet::objstore {
namespace {

// S3 promises a batch no more than a verdict per key; groups keep the locks of one commit few.
constexpr size_t kGroup = 32;
constexpr size_t kSweepStep = 64;
constexpr size_t kSweepAtClose = 4'096;

void PrepareOne(State& state, const Environment& environment, Mutation& mutation,
                Prepared* prepared) {
  const auto prepare = [&](auto& one) {
    prepared->key = one.key;
    prepared->refused = Prepare(state, environment, one, prepared);
  };
  std::visit(prepare, mutation);
}

absl::Status AnnotateMutation(const absl::Status& status, const Mutation& mutation) {
  const auto annotate = [&](const auto& one) {
    return Annotate(status, one.kVerb, one.bucket, one.key);
  };
  return std::visit(annotate, mutation);
}

void Append(CommitOutcome outcome, CommitOutcome* all) {
  if (all->verdicts.empty()) {
    *all = std::move(outcome);
    return;
  }
  std::move(outcome.verdicts.begin(), outcome.verdicts.end(), std::back_inserter(all->verdicts));
  std::move(outcome.events.begin(), outcome.events.end(), std::back_inserter(all->events));
  std::move(outcome.changes.begin(), outcome.changes.end(), std::back_inserter(all->changes));
  std::move(outcome.released.begin(), outcome.released.end(), std::back_inserter(all->released));
}

std::vector<absl::StatusOr<MutationResult>> AllAnswer(const MutateRequest& request,
                                                      const absl::Status& status) {
  std::vector<absl::StatusOr<MutationResult>> verdicts;
  for (const Mutation& mutation : request.mutations) {
    verdicts.emplace_back(AnnotateMutation(status, mutation));
  }
  return verdicts;
}

// Buckets have owners, and nobody is none.
absl::Status NotAnonymous(const Caller& caller, std::string_view what) {
  if (caller.principal != kAnonymousPrincipal) return absl::OkStatus();
  return MakeError(ErrorCode::kAccessDenied,
                   absl::StrCat("anonymous callers may not ", base::V(what), " buckets"));
}

}  // namespace

LocalStore::LocalStore(Environment environment, KvOpener opener,
                       std::shared_ptr<const base::Logger> logger, std::string where)
    : environment_(std::move(environment)),
      opener_(std::move(opener)),
      logger_(std::move(logger)),
      where_(std::move(where)) {}

LocalStore::~LocalStore() {
  const absl::Status closed = Close();
  if (!closed.ok()) logger_->Log(LogLevel::kError, "objstore", base::S(closed.message()));
}

absl::StatusOr<std::shared_ptr<LocalStore>> LocalStore::Open(
    Environment environment, KvOpener opener, std::shared_ptr<const base::Logger> logger,
    std::string where) {
  std::shared_ptr<LocalStore> store(new LocalStore(std::move(environment), std::move(opener),
                                                   std::move(logger), std::move(where)));
  base::MutexLock lock(&store->lifecycle_);
  CLOUDLET_RETURN_IF_ERROR(store->OpenState(Opening::kFirst));
  return store;
}

absl::Status LocalStore::OpenState(Opening opening) {
  CLOUDLET_ASSIGN_OR_RETURN(std::unique_ptr<kv::Kv> kv, opener_(opening));
  auto state = std::make_shared<State>(std::move(kv));
  state->generation = ++generation_;
  if (const absl::Status loaded = LoadState(state.get(), environment_, store_id_); !loaded.ok()) {
    state->kv->Close().IgnoreError();
    return loaded;
  }
  state->stored.Begin(*state->kv, absl::ToUnixMillis(environment_.clock->Now()));
  store_id_ = state->store_id;
  state->sequencer.SetSink(sink_.load());
  state_ = std::move(state);
  return absl::OkStatus();
}

absl::StatusOr<LocalStore::Entrance> LocalStore::Enter() {
  CLOUDLET_ASSIGN_OR_RETURN(CallGate::Pass pass, gate_.Enter());
  return Entrance{std::move(pass), *state_, state_};
}

std::vector<absl::StatusOr<MutationResult>> LocalStore::Mutate(const MutateRequest& request) {
  if (request.mutations.size() > kMaxMutations) {
    return AllAnswer(request, MakeError(ErrorCode::kInvalidRequest,
                                        absl::StrCat("more than ", kMaxMutations, " mutations")));
  }
  return MutateWith(request, nullptr);
}

std::vector<absl::StatusOr<MutationResult>> LocalStore::MutateWith(const MutateRequest& request,
                                                                   const AppendRows& ledger_rows) {
  if (const absl::Status known = CheckDurability(request.durability); !known.ok()) {
    return AllAnswer(request, known);
  }
  std::optional<absl::StatusOr<Entrance>> entrance(Enter());
  if (!entrance->ok()) return AllAnswer(request, entrance->status());
  State& state = (*entrance)->state;

  const std::string request_id = request.caller.request_id.empty()
                                     ? environment_.ids->NextRequestId()
                                     : request.caller.request_id;
  std::vector<Prepared> prepared;
  prepared.reserve(request.mutations.size());
  for (Mutation& mutation : request.mutations) {
    PrepareOne(state, environment_, mutation, &prepared.emplace_back());
  }

  CommitOutcome all;
  size_t done = 0;
  do {
    const size_t most = request.together == Together::kEachAlone ? kGroup : prepared.size();
    CommitRequest commit;
    commit.mutations = absl::MakeSpan(prepared).subspan(done, most);
    commit.caller = &request.caller;
    commit.request_id = request_id;
    commit.durability = request.durability;
    commit.together = request.together;
    commit.rules = rules();
    commit.revoked = request.revoked;
    if (done + commit.mutations.size() == prepared.size()) commit.ledger_rows = ledger_rows;
    CommitOutcome outcome = Commit(state, environment_, std::move(commit));
    done += outcome.verdicts.size();
    Append(std::move(outcome), &all);
  } while (done < prepared.size());

  Count(prepared, all.verdicts);
  prepared.clear();  // what was staged and not taken becomes garbage now
  AfterCommit(state, all);
  for (size_t i = 0; i < all.verdicts.size(); ++i) {
    if (!all.verdicts[i].ok()) {
      all.verdicts[i] = AnnotateMutation(all.verdicts[i].status(), request.mutations[i]);
    }
  }
  // User code runs outside the gate: it may take its time and never holds up a Close. Inline
  // functions may call anything but Close, observers nothing of the Cloud (observer.h).
  entrance.reset();
  observers_->Tell(all.changes);
  EventSink* sink = sink_.load();
  if (sink != nullptr && !all.events.empty()) sink->Committed(all.events);
  return std::move(all.verdicts);
}

void LocalStore::AfterCommit(State& state, const CommitOutcome& outcome) {
  events_ += outcome.events.size();
  AddGarbage(state, outcome.released);
}

void LocalStore::AddGarbage(State& state, const std::vector<ReleasedPayload>& released) {
  state.garbage->Add(released);
  if (!state.garbage->WantsSweep()) return;
  const absl::Status swept = state.garbage->Sweep(kSweepStep);
  if (!swept.ok()) {
    logger_->Log(LogLevel::kDebug, "objstore",
                 absl::StrCat("sweeping garbage: ", swept.ToString()));
  }
}

void LocalStore::Count(absl::Span<const Prepared> mutations,
                       absl::Span<const absl::StatusOr<MutationResult>> verdicts) {
  CloudStats sum;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    if (!verdicts[i].ok()) continue;
    std::visit([&](const auto& kind) { kind.Count(*verdicts[i], &sum); }, mutations[i].action);
  }
  puts_ += sum.puts;
  deletes_ += sum.deletes;
  copies_ += sum.copies;
  bytes_written_ += sum.bytes_written;
}

absl::Status LocalStore::WriteLedgerRows(const AppendRows& ledger_rows, kv::Durability durability) {
  CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
  const auto batch = entrance.state.kv->NewBatch();
  ledger_rows(*batch);
  if (batch->empty()) return absl::OkStatus();
  return entrance.state.kv->Write(*batch, durability);
}

absl::StatusOr<std::unique_ptr<PayloadSink>> LocalStore::Stage(const StageRequest& request) {
  const auto stage = [&]() -> absl::StatusOr<std::unique_ptr<PayloadSink>> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    CLOUDLET_ASSIGN_OR_RETURN(PayloadStart start,
                              StartPayload(entrance.state, environment_, request));
    return std::make_unique<LocalSink>(shared_from_this(), std::move(start.writer), start.bucket_id,
                                       environment_.limits.max_object_bytes, entrance.shared);
  };
  absl::StatusOr<std::unique_ptr<PayloadSink>> sink = stage();
  if (!sink.ok()) return Annotate(sink.status(), "open writer of", request.bucket, request.key);
  return sink;
}

absl::StatusOr<ReadAnswer> LocalStore::Read(const ReadRequest& request) {
  const std::string_view verb = !request.verb.empty()             ? request.verb
                                : request.part == ReadPart::kBody ? "get"
                                : request.part == ReadPart::kTags ? "get tags of"
                                : request.part == ReadPart::kAcl  ? "get ACL of"
                                                                  : "head";
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), verb, request.bucket, request.key);
  ReadResult read;
  const absl::Status found = objstore::Read(entrance->state, environment_, request, &read);
  if (!found.ok()) return Annotate(found, verb, request.bucket, request.key);
  ReadAnswer& answer = read.answer;
  if (request.part == ReadPart::kBody && !answer.not_modified) {
    ++gets_;
    OpenedBody& body = read.body;
    answer.small_body = std::move(body.small);
    bytes_read_ += answer.small_body.size();
    if (body.reader != nullptr) {
      answer.source =
          std::make_unique<LocalSource>(shared_from_this(), entrance->shared, std::move(body.pin),
                                        std::move(body.reader), request.bucket, request.key);
    }
  }
  return std::move(answer);
}

absl::StatusOr<ObjectAttributes> LocalStore::GetAttributes(const AttributesRequest& request) {
  const auto get = [&]() -> absl::StatusOr<ObjectAttributes> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return objstore::GetAttributes(entrance.state, environment_, request);
  };
  absl::StatusOr<ObjectAttributes> attributes = get();
  if (attributes.ok()) return attributes;
  return Annotate(attributes.status(), "get attributes of", request.bucket, request.key);
}

absl::StatusOr<ListPage> LocalStore::List(std::string_view bucket, const ListPageOptions& options,
                                          const Caller& caller) {
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), "list", bucket);
  absl::StatusOr<ListPage> page =
      objstore::List(entrance->state, environment_, bucket, options, caller);
  if (!page.ok()) return Annotate(page.status(), "list", bucket);
  return page;
}

absl::StatusOr<VersionPage> LocalStore::ListVersions(std::string_view bucket,
                                                     const VersionPageOptions& options,
                                                     const Caller& caller) {
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), "list versions of", bucket);
  absl::StatusOr<VersionPage> page =
      objstore::ListVersions(entrance->state, environment_, bucket, options, caller);
  if (!page.ok()) return Annotate(page.status(), "list versions of", bucket);
  return page;
}

absl::Status LocalStore::CreateBucket(std::string_view name, const BucketOptions& options,
                                      const Caller& caller) {
  const auto create = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    CLOUDLET_RETURN_IF_ERROR(NotAnonymous(caller, "create"));
    return entrance.state.buckets.Create(name, options, PrincipalOf(caller, environment_.owner),
                                         ToMillis(environment_.clock->Now()), environment_.limits);
  };
  return Annotate(create(), "create bucket", name);
}

absl::Status LocalStore::DeleteBucket(std::string_view name, const Caller& caller) {
  const auto remove = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return entrance.state.buckets.Delete(name, caller, environment_.owner);
  };
  return Annotate(remove(), "delete bucket", name);
}

absl::StatusOr<BucketInfo> LocalStore::HeadBucket(const HeadBucketRequest& request) {
  const auto head = [&]() -> absl::StatusOr<BucketInfo> {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    CLOUDLET_ASSIGN_OR_RETURN(const BucketPtr bucket, entrance.state.buckets.Find(request.bucket));
    Protected what = ProtectedOf(*bucket);
    what.object_acl = request.object_acl;
    CLOUDLET_RETURN_IF_ERROR(Authorize(request.caller, request.asked, what, environment_.owner));
    return InfoOf(*bucket, environment_.region);
  };
  absl::StatusOr<BucketInfo> info = head();
  if (!info.ok()) return Annotate(info.status(), "head bucket", request.bucket);
  return info;
}

absl::StatusOr<std::vector<BucketInfo>> LocalStore::ListBuckets(const Caller& caller) {
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), "list buckets", {});
  CLOUDLET_RETURN_IF_ERROR(Annotate(NotAnonymous(caller, "list"), "list buckets", {}));
  const std::string_view principal = PrincipalOf(caller, environment_.owner);
  std::vector<BucketInfo> infos;
  for (const BucketPtr& bucket : entrance->state.buckets.All()) {
    if (bucket->owner == principal) infos.push_back(InfoOf(*bucket, environment_.region));
  }
  return infos;
}

absl::Status LocalStore::SetVersioning(const BucketRequest& request, Versioning versioning) {
  const auto set = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return entrance.state.buckets.SetVersioning(request, versioning, environment_.owner);
  };
  return Annotate(set(), "set versioning of", request.bucket);
}

absl::Status LocalStore::SetBucketAcl(const BucketRequest& request, CannedAcl acl) {
  const auto set = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return entrance.state.buckets.SetAcl(request, acl, environment_.owner);
  };
  return Annotate(set(), "set ACL of", request.bucket);
}

absl::StatusOr<TagSet> LocalStore::BucketTags(std::string_view name, const Caller& caller) {
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), "get tags of", name);
  absl::StatusOr<TagSet> tags = entrance->state.buckets.Tags(name, caller, environment_.owner);
  if (!tags.ok()) return Annotate(tags.status(), "get tags of", name);
  return tags;
}

absl::Status LocalStore::SetBucketTags(const BucketRequest& request, const TagSet& tags) {
  const auto set = [&]() -> absl::Status {
    CLOUDLET_ASSIGN_OR_RETURN(Entrance entrance, Enter());
    return entrance.state.buckets.SetTags(request, tags, environment_.owner);
  };
  return Annotate(set(), tags.empty() ? "delete tags of" : "set tags of", request.bucket);
}

absl::Status LocalStore::Sync() {
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), "sync", {});
  return Annotate(entrance->state.kv->Sync(), "sync", {});
}

absl::Status LocalStore::Checkpoint(const std::string& directory) {
  absl::StatusOr<Entrance> entrance = Enter();
  if (!entrance.ok()) return Annotate(entrance.status(), "checkpoint", {});
  kv::Kv& kv = *entrance->state.kv;
  const absl::Status made = kv.Checkpoint(directory);
  if (absl::IsUnimplemented(made)) {
    return MakeError(ErrorCode::kNotImplemented, base::S(made.message()));
  }
  // An I/O error of the destination has no code: a Reopen of this store would not mend it.
  if (made.ok() || kv.health().ok()) return made;
  return Annotate(kv.health(), "checkpoint", {});
}

StoreCapabilities LocalStore::capabilities() const {
  StoreCapabilities capabilities;
  capabilities.atomic_events = true;
  capabilities.settles_with_data = true;
  capabilities.arbitrary_keys = environment_.key_policy == KeyPolicy::kBytes;
  return capabilities;
}

void LocalStore::SetSink(EventSink* sink) {
  sink_.store(sink);
  if (state_ != nullptr) state_->sequencer.SetSink(sink);
}

void LocalStore::SetRules(std::shared_ptr<const RuleTable> rules) {
  base::WriterLock lock(&mu_);
  rules_ = std::move(rules);
}

std::shared_ptr<const RuleTable> LocalStore::rules() const {
  base::ReaderLock lock(&mu_);
  return rules_;
}

ObserverToken LocalStore::Observe(std::string_view bucket, CommitObserver observer) {
  return observers_->Add(bucket, std::move(observer));
}

absl::Status LocalStore::health() const {
  absl::StatusOr<Entrance> entrance = const_cast<LocalStore*>(this)->Enter();
  if (!entrance.ok()) return entrance.status();
  return Annotate(entrance->state.kv->health(), "store", where_);
}

CloudStats LocalStore::stats() {
  CloudStats stats;
  stats.puts = puts_;
  stats.deletes = deletes_;
  stats.gets = gets_;
  stats.bytes_written = bytes_written_;
  stats.bytes_read = bytes_read_;
  stats.events = events_;
  stats.copies = copies_;
  const absl::StatusOr<Entrance> entrance = Enter();
  if (entrance.ok()) {
    const kv::KvStats kv_stats = entrance->state.kv->stats();
    stats.store_bytes = kv_stats.live_bytes + kv_stats.log_bytes;
  }
  return stats;
}

absl::StatusOr<double> LocalStore::StoredByteHours() {
  CLOUDLET_ASSIGN_OR_RETURN(const Entrance entrance, Enter());
  State& state = entrance.state;
  return state.stored.ByteHours(*state.kv, absl::ToUnixMillis(environment_.clock->Now()));
}

absl::Status LocalStore::Close() {
  base::MutexLock lock(&lifecycle_);
  gate_.Close(absl::StrCat("the store ", where_, " is closed"));
  if (state_ == nullptr) return absl::OkStatus();
  if (state_->kv->health().ok()) {
    state_->garbage->Sweep(kSweepAtClose).IgnoreError();  // then the parts of manifests
    state_->garbage->Sweep(kSweepAtClose).IgnoreError();
  }
  const absl::Status closed = state_->kv->Close();
  state_.reset();
  return Annotate(closed, "close", where_);
}

absl::Status LocalStore::Reopen() {
  base::MutexLock lock(&lifecycle_);
  gate_.Close(absl::StrCat("the store ", where_, " is being reopened"));
  if (state_ != nullptr) {
    state_->kv->Close().IgnoreError();  // it may be latched: what counts is what the disk holds
    state_.reset();
  }
  const absl::Status opened = OpenState(Opening::kAgain);
  if (opened.ok()) {
    gate_.Open();
  } else {
    gate_.Close(absl::StrCat("the store ", where_,
                             " could not be reopened (try again): ", opened.message()));
  }
  return Annotate(opened, "reopen", where_);
}

}  // namespace cloudlet::objstore
