// The states of a connection.
#include "http/session.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "http/answer_head.h"

namespace cloudlet::http {
namespace {

constexpr size_t kIdleBuffer = 4 << 10;
constexpr size_t kBodyBuffer = 64 << 10;
// Of a body that nobody takes: so much is read and thrown away, so that the connection can go on.
constexpr uint64_t kMaxDrain = 256 << 10;
constexpr absl::Duration kLinger = absl::Seconds(2);
constexpr int64_t kNever = INT64_MAX;

std::vector<StreamBuffer> BuffersOf(const absl::Cord& cord) {
  std::vector<StreamBuffer> buffers;
  for (const absl::string_view piece : cord.Chunks()) {
    if (!piece.empty()) buffers.push_back({piece.data(), piece.size()});
  }
  return buffers;
}

}  // namespace

Session::Session(SessionHost* host, std::unique_ptr<Stream> stream, bool shed)
    : host_(host),
      stream_(std::move(stream)),
      shed_(shed),
      deadline_ns_(kNever),
      parser_(host->options().limits) {}

Session::~Session() { TellDone(); }

void Session::Enter(Phase phase, absl::Duration limit) {
  phase_ = phase;
  deadline_ns_.store(
      limit == absl::InfiniteDuration() ? kNever : absl::ToUnixNanos(host_->Now() + limit),
      std::memory_order_relaxed);
}

void Session::Start() {
  stream_->Post([self = shared_from_this()] {
    self->Enter(Phase::kStarting, self->host_->options().head_timeout);
    self->stream_->Handshake([self](bool ok, size_t) {
      if (self->phase_ == Phase::kEnded) return;
      if (!ok) return self->End();
      if (self->shed_) {
        Response response = self->host_->handler().Refuse(503, "too many connections");
        response.close = true;
        return self->Send(std::move(response));
      }
      self->Enter(Phase::kIdle, self->host_->options().idle_timeout);
      self->Advance();
    });
  });
}

void Session::CheckDeadline(absl::Time now) {
  if (deadline_ns_.load(std::memory_order_relaxed) > absl::ToUnixNanos(now)) return;
  stream_->Post([self = shared_from_this()] { self->OnDeadline(); });
}

void Session::EndWhenIdle() {
  stream_->Post([self = shared_from_this()] {
    self->ending_ = true;
    if (self->phase_ == Phase::kIdle || self->phase_ == Phase::kStarting) self->End();
  });
}

void Session::Cut() {
  stream_->Post([self = shared_from_this()] { self->End(); });
}

void Session::OnDeadline() {
  if (deadline_ns_.load(std::memory_order_relaxed) > absl::ToUnixNanos(host_->Now())) return;
  switch (phase_) {
    case Phase::kHead:
    case Phase::kBody:
      host_->counts().timeouts.fetch_add(1, std::memory_order_relaxed);
      exchange_ = nullptr;
      return Refuse({408, "the request did not come in time"});
    case Phase::kWriting:
      host_->counts().timeouts.fetch_add(1, std::memory_order_relaxed);
      return End();
    case Phase::kWorking:  // has a deadline only where an answer waits for interim ones
    case Phase::kPulling:  // has none
    case Phase::kStarting:
    case Phase::kIdle:
    case Phase::kDraining:
    case Phase::kEnded:
      return End();
  }
}

void Session::ReadMore() {
  const bool body = phase_ == Phase::kBody || phase_ == Phase::kDraining;
  const size_t held = in_end_ - in_begin_;
  size_t wanted = body ? kBodyBuffer : kIdleBuffer;
  while (wanted < held + kIdleBuffer / 2) wanted *= 2;
  if (in_capacity_ < wanted || (in_capacity_ > wanted && phase_ == Phase::kIdle)) {
    auto larger = std::unique_ptr<char[]>(new char[wanted]);
    if (held > 0) std::memcpy(larger.get(), in_.get() + in_begin_, held);
    in_ = std::move(larger);
    in_capacity_ = wanted;
  } else if (in_begin_ > 0 && held > 0) {
    std::memmove(in_.get(), in_.get() + in_begin_, held);
  }
  in_begin_ = 0;
  in_end_ = held;
  stream_->Read(in_.get() + in_end_, in_capacity_ - in_end_,
                [self = shared_from_this()](bool ok, size_t bytes) {
                  switch (self->phase_) {
                    case Phase::kIdle:
                    case Phase::kHead:
                    case Phase::kBody:
                    case Phase::kDraining:
                      break;
                    default:  // an answer, or the end, came before
                      return;
                  }
                  if (!ok) return self->End();
                  self->in_end_ += bytes;
                  self->Advance();
                });
}

void Session::Advance() {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kHead:
      return AdvanceHead();
    case Phase::kBody:
      return AdvanceBody();
    case Phase::kDraining:
      return AdvanceDrain();
    default:
      return;
  }
}

void Session::AdvanceHead() {
  const std::string_view bytes(in_.get() + in_begin_, in_end_ - in_begin_);
  if (bytes.empty()) return ReadMore();
  if (phase_ == Phase::kIdle) Enter(Phase::kHead, host_->options().head_timeout);
  RequestParser::Step step = parser_.Next(bytes);
  in_begin_ += step.consumed;
  if (step.event == RequestParser::Event::kNeedMore) return ReadMore();
  if (step.event == RequestParser::Event::kBad) return Refuse(step.bad);

  RequestHead head = parser_.TakeHead();
  head.remote_address = stream_->remote_address();
  head.tls = stream_->tls();
  has_request_ = true;
  began_ = host_->Now();
  method_ = head.method;
  target_ = head.target;
  minor_version_ = head.minor_version;
  keep_alive_ = head.keep_alive;
  owes_continue_ = head.expects_continue && head.has_body();
  body_length_ = head.content_length;
  host_->counts().requests.fetch_add(1, std::memory_order_relaxed);

  Enter(Phase::kWorking, absl::InfiniteDuration());
  Begun begun = host_->handler().Begin(std::move(head));
  if (auto* response = std::get_if<Response>(&begun)) return Send(std::move(*response));
  exchange_ = std::get<std::unique_ptr<Exchange>>(std::move(begun));
  Enter(Phase::kBody, host_->options().transfer_grace);
  if (owes_continue_ && in_begin_ == in_end_) return Continue100();
  owes_continue_ = false;
  AdvanceBody();
}

void Session::Continue100() {
  owes_continue_ = false;
  static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
  stream_->Write({{kContinue, sizeof(kContinue) - 1}},
                 [self = shared_from_this()](bool ok, size_t) {
                   if (self->phase_ != Phase::kBody) return;
                   if (!ok) return self->End();
                   self->AdvanceBody();
                 });
}

void Session::AdvanceBody() {
  for (;;) {
    const std::string_view bytes(in_.get() + in_begin_, in_end_ - in_begin_);
    RequestParser::Step step = parser_.Next(bytes);
    in_begin_ += step.consumed;
    switch (step.event) {
      case RequestParser::Event::kNeedMore: {
        const ServerOptions& options = host_->options();
        // As if the body had begun with the head: a peer that is fast at first may be slow later.
        Enter(Phase::kBody, began_ - host_->Now() + options.transfer_grace +
                                absl::Seconds(static_cast<double>(body_read_) /
                                              static_cast<double>(options.min_bytes_per_second)));
        return ReadMore();
      }
      case RequestParser::Event::kBad:
        exchange_ = nullptr;
        return Refuse(step.bad);
      case RequestParser::Event::kBody: {
        body_read_ += step.body.size();
        std::optional<Response> response = exchange_->Take(step.body);
        if (response.has_value()) {
          exchange_ = nullptr;
          return Send(*std::move(response));
        }
        continue;
      }
      case RequestParser::Event::kDone:
        return FinishExchange();
      case RequestParser::Event::kHead:
        return End();  // there is one head
    }
  }
}

void Session::FinishExchange() {
  Enter(Phase::kWorking, absl::InfiniteDuration());
  if (!exchange_->MayWait()) {
    Response response = exchange_->Finish(parser_.trailers());
    exchange_ = nullptr;
    return Send(std::move(response));
  }
  auto response = std::make_shared<Response>();
  const auto work = [self = shared_from_this(), response] {
    const InterimSink interim = [&self](const Interim& one) {
      self->stream_->Post([self, head = InterimHead(one)] { self->SendInterim(head); });
    };
    *response = self->exchange_->FinishWaiting(self->parser_.trailers(), interim);
  };
  const auto done = [self = shared_from_this(), response] {
    self->stream_->Post([self, response] {
      self->exchange_ = nullptr;
      if (self->phase_ != Phase::kWorking) return;
      if (!self->interim_out_.empty()) {  // behind what is being written
        self->response_ = std::move(*response);
        self->answer_held_ = true;
        return self->Enter(Phase::kWorking, self->host_->options().transfer_grace);
      }
      self->Send(std::move(*response));
    });
  };
  if (host_->RunWaiting(work, done)) return;
  exchange_ = nullptr;
  Send(host_->handler().Refuse(503, "too many requests wait"));
}

void Session::SendInterim(const std::string& head) {
  if (phase_ != Phase::kWorking || minor_version_ == 0) return;
  interim_waiting_ += head;
  if (interim_out_.empty()) WriteInterim();
}

void Session::WriteInterim() {
  interim_out_.swap(interim_waiting_);
  stream_->Write({{interim_out_.data(), interim_out_.size()}},
                 [self = shared_from_this()](bool ok, size_t) {
                   self->interim_out_.clear();
                   if (self->phase_ != Phase::kWorking) return;
                   if (!ok) return self->End();
                   if (!self->interim_waiting_.empty()) return self->WriteInterim();
                   if (!std::exchange(self->answer_held_, false)) return;
                   self->Send(std::move(self->response_));
                 });
}

void Session::Refuse(const BadRequest& bad) {
  host_->counts().refused.fetch_add(1, std::memory_order_relaxed);
  Response response = host_->handler().Refuse(bad.status, bad.detail);
  response.close = true;
  Send(std::move(response));
}

// Whether what is left of the request's body may be read and thrown away.
bool Session::MayDrain() const {
  if (owes_continue_) return false;
  return !body_length_.has_value() || *body_length_ - body_read_ <= kMaxDrain;
}

void Session::Send(Response response) {
  response_ = std::move(response);
  if (response_.drop) return End();
  out_.Clear();
  last_piece_ = true;
  const bool wants_body = method_ != "HEAD" && HasBody(response_.status);
  if (auto* cord = std::get_if<absl::Cord>(&response_.body)) {
    const bool told = response_.content_length.has_value() || response_.relayed;
    if (HasBody(response_.status) && (method_ != "HEAD" || !told)) {
      response_.content_length = cord->size();
    }
    chunked_ = false;
    if (wants_body) out_ = std::move(*cord);
    return SendHead();
  }
  chunked_ = !response_.content_length.has_value() && minor_version_ > 0 &&
             (wants_body || !response_.relayed);
  if (!wants_body) return SendHead();
  last_piece_ = false;
  // What may wait for its first piece sends the head before it. Otherwise the head comes behind it:
  // while nothing is sent, an error can still be told.
  if (source().MayWait()) return SendHead();
  absl::StatusOr<absl::Cord> piece = source().Next();
  if (!piece.ok()) {
    Response refusal = host_->handler().Refuse(500, std::string(piece.status().message()));
    refusal.close = true;
    return Send(std::move(refusal));
  }
  out_ = *std::move(piece);
  last_piece_ = out_.empty();
  SendHead();
}

void Session::SendHead() {
  const bool until_end = !chunked_ && method_ != "HEAD" && HasBody(response_.status) &&
                         !response_.content_length.has_value();
  close_after_ = response_.close || !keep_alive_ || ending_ || host_->stopping() || !has_request_ ||
                 until_end || !MayDrain();
  HeadFraming framing;
  framing.chunked = chunked_;
  framing.keep_alive = !close_after_;
  framing.minor_version = minor_version_;
  framing.date = host_->Date();
  framing.server = host_->options().server_header;
  out_head_ = AnswerHead(response_, framing);
  SendPiece(true);
}

BodySource& Session::source() { return *std::get<std::unique_ptr<BodySource>>(response_.body); }

void Session::SendPiece(bool first) {
  std::vector<StreamBuffer> buffers;
  if (first) buffers.push_back({out_head_.data(), out_head_.size()});
  bytes_out_ += out_.size();
  if (chunked_ && HasBody(response_.status) && method_ != "HEAD") {
    static constexpr char kLineEnd[] = "\r\n";
    static constexpr char kLastChunk[] = "0\r\n\r\n";
    if (!out_.empty()) {
      chunk_head_ = absl::StrCat(absl::Hex(out_.size()), "\r\n");
      buffers.push_back({chunk_head_.data(), chunk_head_.size()});
      for (const StreamBuffer& buffer : BuffersOf(out_)) buffers.push_back(buffer);
      buffers.push_back({kLineEnd, sizeof(kLineEnd) - 1});
    } else if (last_piece_) {
      buffers.push_back({kLastChunk, sizeof(kLastChunk) - 1});
    }
  } else {
    for (const StreamBuffer& buffer : BuffersOf(out_)) buffers.push_back(buffer);
  }
  const ServerOptions& options = host_->options();
  Enter(Phase::kWriting,
        options.transfer_grace + absl::Seconds(static_cast<double>(out_.size()) /
                                               static_cast<double>(options.min_bytes_per_second)));
  if (buffers.empty()) return AnswerSent();
  stream_->Write(std::move(buffers), [self = shared_from_this()](bool ok, size_t) {
    if (self->phase_ != Phase::kWriting) return;
    if (!ok) return self->End();
    self->PieceSent();
  });
}

void Session::PieceSent() {
  if (last_piece_) return AnswerSent();
  if (!source().MayWait()) return TakePiece(source().Next());
  Enter(Phase::kPulling, absl::InfiniteDuration());
  auto piece = std::make_shared<absl::StatusOr<absl::Cord>>();
  const auto work = [self = shared_from_this(), piece] { *piece = self->source().Next(); };
  const auto done = [self = shared_from_this(), piece] {
    self->stream_->Post([self, piece] {
      if (self->phase_ == Phase::kPulling) self->TakePiece(std::move(*piece));
    });
  };
  if (!host_->RunBehind(work, done)) End();
}

void Session::TakePiece(absl::StatusOr<absl::Cord> piece) {
  if (!piece.ok()) return End();  // the peer sees that the body is not whole
  out_ = *std::move(piece);
  last_piece_ = out_.empty();
  SendPiece(false);
}

void Session::AnswerSent() {
  TellDone();
  response_ = Response();
  out_.Clear();
  if (close_after_) return Linger();
  drained_ = 0;
  Enter(Phase::kDraining, host_->options().transfer_grace);
  AdvanceDrain();
}

// Reads what is left of the body that was answered already; mostly there is nothing.
void Session::AdvanceDrain() {
  if (close_after_) {  // lingering: whatever comes is thrown away
    drained_ += in_end_ - in_begin_;
    in_begin_ = in_end_;
    if (drained_ > kMaxDrain * 16) return End();
    return ReadMore();
  }
  for (;;) {
    const std::string_view bytes(in_.get() + in_begin_, in_end_ - in_begin_);
    RequestParser::Step step = parser_.Next(bytes);
    in_begin_ += step.consumed;
    drained_ += step.consumed;
    if (step.event == RequestParser::Event::kBody) {
      if (drained_ > kMaxDrain) return Linger();
      continue;
    }
    if (step.event == RequestParser::Event::kNeedMore) return ReadMore();
    if (step.event != RequestParser::Event::kDone) return Linger();
    break;
  }
  parser_.Reset();
  body_read_ = 0;
  bytes_out_ = 0;
  owes_continue_ = false;
  if (ending_ || host_->stopping()) return End();
  Enter(Phase::kIdle, host_->options().idle_timeout);
  Advance();
}

// A connection that is closed while the peer still sends loses the answer: the peer is told that
// nothing more comes, and then has a little time to see it.
void Session::Linger() {
  close_after_ = true;
  stream_->ShutdownSend();
  Enter(Phase::kDraining, kLinger);
  drained_ = 0;
  AdvanceDrain();
}

void Session::TellDone() {
  if (!has_request_) return;
  has_request_ = false;
  Served served;
  served.method = std::move(method_);
  served.target = std::move(target_);
  served.remote_address = stream_->remote_address();
  const bool answered = phase_ == Phase::kWriting || phase_ == Phase::kPulling;
  served.status = answered ? response_.status : 0;
  served.note = std::move(response_.note);
  served.bytes_in = body_read_;
  served.bytes_out = bytes_out_;
  served.time = host_->Now() - began_;
  host_->handler().Done(served);
}

void Session::End() {
  if (phase_ == Phase::kEnded) return;
  TellDone();
  // An exchange that waits on another thread still uses it; likewise a source, in response_.
  if (phase_ != Phase::kWorking) exchange_ = nullptr;
  Enter(Phase::kEnded, absl::InfiniteDuration());
  stream_->Close();
}

}  // namespace cloudlet::http
