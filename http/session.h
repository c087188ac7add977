// One connection: reads requests, has them answered, writes the answers, one at a time.
//
// Internal to the server. All of a session runs on its strand, so its state needs no lock; what
// other threads call is said below.
#ifndef CLOUDLET_HTTP_SESSION_H_
#define CLOUDLET_HTTP_SESSION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/time/time.h"
#include "http/message.h"
#include "http/request_parser.h"
#include "http/server.h"
#include "http/stream.h"

namespace cloudlet::http {

// What sessions share. Safe from any thread.
struct SessionCounts {
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> refused{0};
  std::atomic<uint64_t> timeouts{0};
};

// What a session asks of its server; outlives it.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  virtual const ServerOptions& options() const = 0;
  virtual Handler& handler() = 0;
  virtual SessionCounts& counts() = 0;
  virtual bool stopping() const = 0;
  // Runs `work` where it may wait, and then `done`, before which it no longer counts among those
  // that wait; false: too many do.
  virtual bool RunWaiting(std::function<void()> work, std::function<void()> done) = 0;
  // The same for what is in the middle of its answer: never too many, it may have to wait for its
  // turn. False: the server has stopped.
  virtual bool RunBehind(std::function<void()> work, std::function<void()> done) = 0;
  virtual absl::Time Now() = 0;
  // The value of Date now.
  virtual std::string Date() = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(SessionHost* host, std::unique_ptr<Stream> stream, bool shed);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Once, from any thread.
  void Start();
  // From any thread: has its deadline passed? Then it is closed, or told so.
  void CheckDeadline(absl::Time now);
  // From any thread: ends it behind the answer that is under way, if there is one.
  void EndWhenIdle();
  // From any thread: cuts it.
  void Cut();

 private:
  enum class Phase {
    kStarting,
    kIdle,
    kHead,
    kBody,
    kWorking,
    kWriting,
    kPulling,
    kDraining,
    kEnded
  };

  void Enter(Phase phase, absl::Duration limit);
  void ReadMore();
  void Advance();  // with what is buffered
  void AdvanceHead();
  void AdvanceBody();
  void AdvanceDrain();
  void Continue100();
  void FinishExchange();
  void Refuse(const BadRequest& bad);
  void SendInterim(const std::string& head);
  void WriteInterim();
  void Send(Response response);
  void SendHead();
  void SendPiece(bool first);
  void PieceSent();
  void TakePiece(absl::StatusOr<absl::Cord> piece);
  void AnswerSent();
  void Linger();
  void End();
  void TellDone();
  void OnDeadline();
  bool MayDrain() const;
  BodySource& source();  // of response_; it has one

  SessionHost* const host_;
  const std::unique_ptr<Stream> stream_;
  const bool shed_;  // one connection too many: it gets 503

  // --- Read by other threads ---
  std::atomic<int64_t> deadline_ns_;

  // --- Of the strand ---
  Phase phase_ = Phase::kStarting;
  bool ending_ = false;  // behind the answer under way
  RequestParser parser_;
  std::unique_ptr<char[]> in_;
  size_t in_capacity_ = 0;
  size_t in_begin_ = 0;
  size_t in_end_ = 0;

  // Of the request under way.
  bool has_request_ = false;
  std::string method_;
  std::string target_;
  int minor_version_ = 1;
  bool keep_alive_ = true;
  bool owes_continue_ = false;  // the peer waits for "100 Continue"
  std::optional<uint64_t> body_length_;
  uint64_t body_read_ = 0;
  uint64_t drained_ = 0;
  absl::Time began_;
  std::unique_ptr<Exchange> exchange_;

  // Of its answer.
  std::string interim_out_;      // being written
  std::string interim_waiting_;  // behind it
  bool answer_held_ = false;     // response_ is to be sent behind both
  Response response_;
  std::string out_head_;
  absl::Cord out_;
  std::string chunk_head_;
  bool chunked_ = false;
  bool last_piece_ = false;
  bool close_after_ = false;
  uint64_t bytes_out_ = 0;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_SESSION_H_
