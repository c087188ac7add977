// Ends of deliveries: what is counted, and what is sent in one batch with the settlement.
//
// What cannot be written because the store is read-only is kept in memory, ended, and tried again.
#include "triggers/ends.h"

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/fault_point.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "cloudlet/object.h"
#include "objstore/ledger.h"
#include "triggers/delivery.h"
#include "triggers/destinations.h"
#include "triggers/function_config.h"
#include "triggers/function_name.h"
#include "triggers/invocation.h"
#include "triggers/invocation_record.h"
#include "triggers/outgoing.h"
#include "triggers/retry.h"
#include "triggers/runtime.h"
#include "triggers/targets.h"
#include "triggers/thread_frame.h"

namespace cloudlet::triggers {
namespace {

// What a handler that returns no payload answers.
constexpr std::string_view kNoResponse = "null";

std::string SubjectOf(const Event& event) {
  if (event.type == EventType::kInvocation) return "";
  return absl::StrCat(" of ", base::Quoted(event.bucket), "/", base::Quoted(event.key));
}

// Messages as mutations, with the bytes that these point to.
class EndBatch {
 public:
  EndBatch() { json_.content_type = "application/json"; }
  EndBatch(const EndBatch&) = delete;
  EndBatch& operator=(const EndBatch&) = delete;

  // The mutation that sends it; one to a bucket is there once.
  size_t Add(const EndMessage& message, const InvocationRecord& record) {
    if (message.to.kind == Destination::Kind::kBucket) return AddObject(message.to.name, record);
    Outgoing out = AsMessage(message, record);
    out.target = TargetOf(message.to);
    return AddMessage(std::move(out));
  }
  // All whose destinations are there, and in `mutation_of` where; the verdict on the others.
  std::vector<absl::Status> AddAll(objstore::Ledger& ledger,
                                   const std::vector<EndMessage>& messages,
                                   const InvocationRecord& record,
                                   std::vector<std::optional<size_t>>* mutation_of) {
    std::vector<absl::Status> sent(messages.size());
    mutation_of->resize(messages.size());
    for (size_t i = 0; i < messages.size(); ++i) {
      sent[i] = CheckExists(ledger, messages[i].dead_letter ? "dead_letter" : "destination",
                            messages[i].to);
      if (sent[i].ok()) (*mutation_of)[i] = Add(messages[i], record);
    }
    return sent;
  }
  absl::Span<objstore::Mutation> mutations() { return absl::MakeSpan(mutations_); }

 private:
  static Outgoing AsMessage(const EndMessage& message, const InvocationRecord& record) {
    Outgoing out;
    if (message.form == EndMessage::Form::kEvent) {
      out.payload = RequestText(record);
      out.attributes = LetterAttributes(record);
      const bool latest = record.qualifier == kLatestVersion;
      out.attributes.emplace(
          kSourceAttribute,
          FunctionName{std::string(record.function), std::string(latest ? "" : record.qualifier)}
              .Full());
      return out;
    }
    out.payload = RecordJson(record, MostRecordBytes(message.to.kind));
    if (message.to.kind == Destination::Kind::kEventBus) {
      out.attributes = BusAttributes("lambda", RecordDetailType(record),
                                     {absl::StrCat(FunctionArn(record.region, record.function), ":",
                                                   base::V(record.qualifier)),
                                      ArnOf(message.to, record.region)});
    }
    return out;
  }

  size_t AddMessage(Outgoing out) {
    const Outgoing& kept = messages_.emplace_back(std::move(out));
    mutations_.emplace_back(kept.AsMutation());
    return mutations_.size() - 1;
  }

  size_t AddObject(const std::string& bucket, const InvocationRecord& record) {
    const auto [place, is_new] = objects_.emplace(bucket, mutations_.size());
    if (!is_new) return place->second;
    if (key_.empty()) key_ = RecordKey(record);
    objstore::PutMutation put;
    put.bucket = place->first;
    put.key = key_;
    put.body = absl::Cord(RecordJson(record));
    put.options = &json_;
    mutations_.emplace_back(std::move(put));
    return place->second;
  }

  PutOptions json_;
  std::string key_;
  std::map<std::string, size_t> objects_;
  std::deque<Outgoing> messages_;
  std::vector<objstore::Mutation> mutations_;
};

Ending SuccessOf(Invocation* invocation) {
  return {std::nullopt, invocation->code().handler != nullptr ? std::string(kNoResponse)
                                                              : invocation->TakeResponse()};
}

}  // namespace

void Runtime::Succeeded(const DeliveryPtr& delivery, Invocation* invocation, absl::Time now) {
  const Code& code = invocation->code();
  {
    base::MutexLock lock(&mu_);
    RemoveRunning(invocation->index);
    if (code.config.on_success.empty()) {
      const bool had_row = OwnRow(delivery.get());
      ++delivery->function->stats.successes;
      EndDelivery(delivery, had_row, now);
      Release(delivery->function);
      return;
    }
  }
  End(delivery, code, SuccessOf(invocation));
}

void Runtime::EndTransaction(const DeliveryPtr& delivery, Invocation* invocation, absl::Time now) {
  using How = TransactionEnd::How;
  const std::shared_ptr<const Code> code = invocation->shared_code();
  const Ending ending = SuccessOf(invocation);
  const std::vector<EndMessage> messages =
      MessagesOf(code->config, ending, delivery->event->event.causation.hops);
  bool had_row = false;
  const objstore::Settlement settlement = OwnEnd(delivery.get(), &had_row);
  TransactionEnd end;
  const std::vector<absl::Status> sent =
      SendEndWith(invocation, &end, *delivery, ending, messages, settlement);
  if (end.how == How::kCommitted) LogEnd(*delivery, ending, messages, sent);
  const bool ended_well = end.how == How::kCommitted || end.how == How::kEnded;
  Report(invocation, ended_well ? std::nullopt : std::optional<std::string>(end.error), false, now);
  {
    base::MutexLock lock(&mu_);
    RemoveRunning(invocation->index);
    if (end.how == How::kCommitted || end.how == How::kEnded) {
      if (end.how == How::kCommitted) CountEnd(delivery->function, ending, messages, sent);
      delivery->conflicts = 0;
      // Of one that had ended already: the row is there.
      FinishEnd(delivery, settlement, had_row, Wrote::kYes, now);
      return;
    }
    delivery->row = had_row ? Delivery::Row::kWritten : Delivery::Row::kNone;
    if (end.how == How::kConflict && delivery->conflicts < kMaxConflicts) {
      ++delivery->conflicts;
      in_memory_ += delivery->weight();
      delivery->function->PushFront(Slot{delivery->number(), delivery});
      Release(delivery->function);
      return;
    }
    delivery->conflicts = 0;
  }
  Failed(delivery, *code, std::move(end.error));
}

void Runtime::Drop(const DeliveryPtr& delivery, const Code& code, DropCause cause) {
  End(delivery, code, {cause});
}

void Runtime::End(const DeliveryPtr& delivery, const Code& code, Ending ending) {
  const std::vector<EndMessage> messages =
      MessagesOf(code.config, ending, delivery->event->event.causation.hops);
  bool had_row = false;
  const objstore::Settlement settlement = OwnEnd(delivery.get(), &had_row);
  std::vector<absl::Status> sent;
  if (!messages.empty()) sent = SendEnd(*delivery, code, ending, messages, settlement);
  const absl::Time now = environment_->clock->Now();
  bool read_only = false;
  Wrote wrote = sent.empty() ? Wrote::kNothing : Wrote::kPerhaps;
  for (const absl::Status& status : sent) {
    read_only = read_only || absl::IsUnavailable(status);
    if (status.ok()) wrote = Wrote::kYes;
  }
  if (read_only && wrote != Wrote::kYes) {  // kept until it can be written
    delivery->ending = std::make_shared<const Ending>(std::move(ending));
    KeepEnd(delivery, had_row, now);
    return;
  }
  LogEnd(*delivery, ending, messages, sent);
  base::MutexLock lock(&mu_);
  CountEnd(delivery->function, ending, messages, sent);
  FinishEnd(delivery, settlement, had_row, wrote, now);
}

objstore::Settlement Runtime::OwnEnd(Delivery* delivery, bool* had_row) {
  objstore::Settlement settlement;
  const uint64_t number = delivery->number();
  base::MutexLock lock(&mu_);
  *had_row = OwnRow(delivery);
  if (number <= persisted_) {
    settlement.erase.push_back({number, delivery->function->name});
  } else {
    settlement.write.push_back(RowOf(*delivery, objstore::DeliveryState::kDone));
  }
  AddEndsBefore(*delivery, &settlement);
  return settlement;
}

void Runtime::KeepEnd(const DeliveryPtr& delivery, bool had_row, absl::Time now) {
  base::MutexLock lock(&mu_);
  delivery->row = had_row ? Delivery::Row::kWritten : Delivery::Row::kNone;
  Wait(delivery->function, now + ThrottleDelay(++delivery->throttles),
       Slot{delivery->number(), delivery});
  Release(delivery.get());
}

void Runtime::FinishEnd(const DeliveryPtr& delivery, const objstore::Settlement& settlement,
                        bool had_row, Wrote wrote, absl::Time now) {
  // Erased with the watermark; that a row is not there is no error.
  if (wrote != Wrote::kNothing) {
    for (const objstore::DeliveryRow& row : settlement.write) {
      done_.emplace(row.event->event.sequence, row.target.function);
    }
  }
  if (wrote == Wrote::kYes) {
    delivery->place = Delivery::Place::kGone;
    if (!had_row) tracker_.Settle(delivery->number());
    CountSettled(now);
    LeaveStrand(*delivery, now);
  } else {
    EndDelivery(delivery, had_row, now);
  }
  Release(delivery.get());
}

InvocationRecord Runtime::RecordOf(const Delivery& delivery, const Code& code, const Ending& ending,
                                   const Event* event, std::string_view request_id) const {
  const std::string_view qualifier = QualifierOf(delivery.function->name);
  InvocationRecord record;
  record.event = event;
  record.payload = delivery.event->payload;
  record.function = code.config.name;
  if (!qualifier.empty()) record.qualifier = qualifier;
  record.executed_version = code.version;
  record.request_id = request_id;
  record.cause = ending.cause;
  record.attempts = delivery.attempts + (ending.cause.has_value() ? 0 : 1);
  record.last_error = delivery.last_error;
  record.response = ending.response;
  record.now = environment_->clock->Now();
  record.region = options_.region;
  record.owner = options_.owner;
  return record;
}

std::vector<absl::Status> Runtime::SendEnd(const Delivery& delivery, const Code& code,
                                           const Ending& ending,
                                           const std::vector<EndMessage>& messages,
                                           const objstore::Settlement& settlement) {
  Event event = delivery.event->event;
  event.trigger_id = delivery.trigger_id;
  const std::string request_id = RequestIdOf(delivery);
  EndBatch batch;
  std::vector<std::optional<size_t>> mutation_of;
  std::vector<absl::Status> sent = batch.AddAll(
      ledger(), messages, RecordOf(delivery, code, ending, &event, request_id), &mutation_of);
  if (batch.mutations().empty()) return sent;
  objstore::MutateRequest request;
  request.mutations = batch.mutations();
  request.caller.causation = CausedBy(event, 1);
  const NoInlineRuns queued(this);
  CLOUDLET_FAULT_POINT("triggers/before_end");
  const auto results = ledger().MutateAndSettle(request, settlement);
  CLOUDLET_FAULT_POINT("triggers/after_end");
  for (size_t i = 0; i < messages.size(); ++i) {
    if (!mutation_of[i].has_value()) continue;
    sent[i] = *mutation_of[i] < results.size() ? results[*mutation_of[i]].status()
                                               : absl::InternalError("the ledger gave no verdict");
  }
  return sent;
}

std::vector<absl::Status> Runtime::SendEndWith(Invocation* transaction, TransactionEnd* end,
                                               const Delivery& delivery, const Ending& ending,
                                               const std::vector<EndMessage>& messages,
                                               const objstore::Settlement& settlement) {
  Event event = delivery.event->event;
  event.trigger_id = delivery.trigger_id;
  const Code& code = transaction->code();
  const std::string request_id = RequestIdOf(delivery);
  EndBatch batch;
  std::vector<std::optional<size_t>> mutation_of;
  std::vector<absl::Status> sent = batch.AddAll(
      ledger(), messages, RecordOf(delivery, code, ending, &event, request_id), &mutation_of);
  std::vector<objstore::Mutation> beside;
  for (objstore::Mutation& mutation : batch.mutations()) beside.push_back(std::move(mutation));
  *end =
      CommitTransaction(transaction, objstore::DeliveryKey{event.sequence, delivery.function->name},
                        settlement, std::move(beside));
  return sent;
}

void Runtime::CountEnd(FunctionState* function, const Ending& ending,
                       const std::vector<EndMessage>& messages,
                       const std::vector<absl::Status>& sent) {
  FunctionStats& stats = function->stats;
  ++(ending.cause.has_value() ? stats.drops : stats.successes);
  if (ending.cause == DropCause::kRecursion) ++function->meter.recursive_drops;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].dead_letter) {
      ++(sent[i].ok() ? stats.dead_letters : stats.dead_letter_failures);
    } else {
      ++(sent[i].ok() ? stats.records : stats.record_failures);
    }
  }
}

void Runtime::LogEnd(const Delivery& delivery, const Ending& ending,
                     const std::vector<EndMessage>& messages,
                     const std::vector<absl::Status>& sent) const {
  std::string failures;
  bool letter = false;
  for (size_t i = 0; i < messages.size(); ++i) {
    letter = letter || messages[i].dead_letter;
    if (sent[i].ok()) continue;
    absl::StrAppend(&failures, messages[i].dead_letter ? " (dead letter" : " (record",
                    " not written: ", sent[i].ToString(), ")");
  }
  const std::string what =
      absl::StrCat("function ", base::Quoted(delivery.function->name), ", event ",
                   delivery.number(), SubjectOf(delivery.event->event), ": ");
  if (!ending.cause.has_value()) {
    if (!failures.empty()) Log(LogLevel::kWarning, absl::StrCat(what, "it succeeded", failures));
    return;
  }
  Log(LogLevel::kWarning,
      absl::StrCat(what, "given up, ", base::V(ConditionName(*ending.cause)), " after ",
                   delivery.attempts, delivery.attempts == 1 ? " run" : " runs",
                   delivery.last_error.empty() ? "" : ": ", delivery.last_error,
                   letter ? "" : " (no dead letter)", failures));
}

}  // namespace cloudlet::triggers
