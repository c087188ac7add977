// One reader pulls at a time; the others wait for bytes or for the end.
#include "edge/live_body.h"

#include <utility>

namespace cloudlet::edge {
namespace {

class LiveReader final : public HttpBody {
 public:
  explicit LiveReader(std::shared_ptr<LiveBody> body) : body_(std::move(body)) {}
  absl::StatusOr<absl::Cord> Next() override {
    absl::StatusOr<absl::Cord> piece = body_->Read(at_);
    if (piece.ok()) at_ += piece->size();
    return piece;
  }

  uint64_t at() const { return at_; }
  uint64_t keep() const { return body_->keep(); }

 private:
  const std::shared_ptr<LiveBody> body_;
  uint64_t at_ = 0;
};

}  // namespace

LiveBody::LiveBody(std::unique_ptr<HttpBody> source, uint64_t keep, Done done)
    : source_(std::move(source)), keep_(keep), done_(std::move(done)) {}

LiveBody::~LiveBody() {
  if (done_ != nullptr) done_(absl::CancelledError("nobody reads the body any more"));
}

std::unique_ptr<HttpBody> LiveBody::Reader(std::shared_ptr<LiveBody> body) {
  return std::make_unique<LiveReader>(std::move(body));
}

void LiveBody::Complete(std::unique_ptr<HttpBody> body) {
  auto* const reader = dynamic_cast<LiveReader*>(body.get());
  if (reader == nullptr) return;
  const uint64_t keep = reader->keep();
  while (reader->at() <= keep) {
    const absl::StatusOr<absl::Cord> piece = reader->Next();
    if (!piece.ok() || piece->empty()) return;
  }
}

absl::StatusOr<absl::Cord> LiveBody::Read(uint64_t at) {
  for (;;) {
    {
      base::MutexLock lock(&mu_);
      if (at < dropped_) {
        return absl::OutOfRangeError("a body too large to be kept was not read fast enough");
      }
      if (at - dropped_ < bytes_.size()) {
        return bytes_.Subcord(at - dropped_, bytes_.size() - (at - dropped_));
      }
      if (ended_) {
        if (!why_.ok()) return why_;
        return absl::Cord();
      }
      if (pulls_ == std::this_thread::get_id()) {
        return absl::FailedPreconditionError("a body that is made of itself");
      }
      if (pulls_ != std::thread::id()) {
        changed_.Wait(&mu_);
        continue;
      }
      pulls_ = std::this_thread::get_id();
    }
    Pull();
  }
}

void LiveBody::Pull() {
  absl::StatusOr<absl::Cord> piece = source_->Next();
  const bool ends = !piece.ok() || piece->empty();
  absl::StatusOr<absl::Cord> whole = absl::Cord();
  if (!piece.ok()) whole = piece.status();
  bool tell = ends;
  {
    base::MutexLock lock(&mu_);
    if (!ends) bytes_.Append(*piece);
    if (bytes_.size() > keep_) {
      // What this piece is not a part of goes; the piece itself is what everybody waits for.
      dropped_ += bytes_.size() - piece->size();
      bytes_ = *piece;
    }
    const bool kept = dropped_ == 0 && bytes_.size() <= keep_;
    if (!kept) {
      tell = true;
      whole = absl::OutOfRangeError("the body is too large to be kept");
    } else if (whole.ok()) {
      whole = bytes_;
    }
  }
  // While this one still pulls: who sees the end finds what was made of it.
  if (tell && done_ != nullptr) std::exchange(done_, nullptr)(std::move(whole));
  base::MutexLock lock(&mu_);
  pulls_ = std::thread::id();
  ended_ = ends;
  why_ = piece.status();
  changed_.SignalAll();
}

absl::StatusOr<absl::Cord> LiveBody::ReadAll() {
  absl::Cord all;
  for (;;) {
    absl::StatusOr<absl::Cord> piece = Read(all.size());
    if (!piece.ok()) return piece.status();
    if (piece->empty()) return all;
    all.Append(*std::move(piece));
  }
}

}  // namespace cloudlet::edge
