// Bodies that are on their way: who gets them when, and who fetches them.
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "cloudlet/edge.h"
#include "cloudlet/testing.h"
#include "edge/distribution_testing.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

// What an origin sends, piece by piece, each when the test lets it.
class Pieces {
 public:
  void Send(std::string piece) {
    base::MutexLock lock(&mu_);
    sent_.push_back(std::move(piece));
    changed_.SignalAll();
  }
  void Restart() {
    base::MutexLock lock(&mu_);
    sent_.clear();
  }
  void End() { Send(""); }
  absl::StatusOr<absl::Cord> Take(size_t number) {
    base::MutexLock lock(&mu_);
    while (sent_.size() <= number) changed_.Wait(&mu_);
    return absl::Cord(sent_[number]);
  }

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  std::vector<std::string> sent_ ABSL_GUARDED_BY(mu_);
};

class PiecesBody : public HttpBody {
 public:
  PiecesBody(Pieces* pieces, std::atomic<int>* dropped) : pieces_(*pieces), dropped_(*dropped) {}
  ~PiecesBody() override { ++dropped_; }
  absl::StatusOr<absl::Cord> Next() override { return pieces_.Take(number_++); }

 private:
  Pieces& pieces_;
  std::atomic<int>& dropped_;
  size_t number_ = 0;
};

class StreamingTest : public ::testing::Test, public Origin {
 protected:
  OriginResult Fetch(const HttpRequest& request, absl::Time deadline,
                     const InterimSink& interim) override {
    OriginStream stream = Open(request, deadline, interim);
    auto& answer = std::get<HttpStream>(stream);
    for (;;) {
      auto piece = answer.body->Next();
      if (!piece.ok()) return OriginFailure::kCutShort;
      if (piece->empty()) return answer.head;
      answer.head.body.Append(*piece);
    }
  }
  OriginStream Open(const HttpRequest& /*request*/, absl::Time /*deadline*/,
                    const InterimSink& /*interim*/) override {
    ++fetches_;
    HttpStream stream;
    stream.head.headers = headers_;
    stream.body = std::make_unique<PiecesBody>(&pieces_, &dropped_);
    return stream;
  }

  Distribution Make(uint64_t cache_bytes = 1 << 20) {
    DistributionOptions options = Over(std::shared_ptr<Origin>(std::shared_ptr<void>(), this));
    options.cache_bytes = cache_bytes;
    options.pops = {"FRA", "LHR"};
    options.origins[0].origin_shield = shield_;
    return *Distribution::Create(fake_.cloud(), options);
  }
  static std::string Piece(HttpStream& stream) {
    const absl::StatusOr<absl::Cord> piece = stream.body->Next();
    return piece.ok() ? std::string(*piece) : piece.status().ToString();
  }

  testing::FakeCloud fake_;
  Pieces pieces_;
  std::atomic<int> fetches_{0};
  std::atomic<int> dropped_{0};
  HttpHeaders headers_ = {{"Cache-Control", "max-age=60"}};
  std::string shield_;
};

TEST_F(StreamingTest, FirstBytesAreForAllWhoWait) {
  for (const char* const shield : {"", "IAD"}) {
    shield_ = shield;
    fetches_ = 0;
    pieces_.Restart();
    const Distribution cdn = Make();
    HttpStream first = cdn.HandleStreaming(Getting("/a"));
    EXPECT_EQ(XCacheOf(first.head), "Miss");
    HttpStream second = cdn.HandleStreaming(Getting("/a"));
    EXPECT_EQ(XCacheOf(second.head), "Hit");
    HttpStream elsewhere = cdn.HandleStreaming(Getting("/a"), {.pop = "LHR"});
    pieces_.Send("one ");
    if (!shield_.empty()) {
      EXPECT_EQ(Piece(elsewhere), "one ");
    }
    EXPECT_EQ(Piece(second), "one ");
    EXPECT_EQ(Piece(first), "one ");
    EXPECT_EQ(fetches_, shield_.empty() ? 2 : 1);
    // Who wants it whole waits for the whole, of the same fetch.
    std::thread whole([&] { EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))), "one two"); });
    pieces_.Send("two");
    pieces_.End();
    whole.join();
    EXPECT_EQ(fetches_, shield_.empty() ? 2 : 1);
    EXPECT_EQ(Piece(first), "two");
    EXPECT_EQ(Piece(first), "");
    EXPECT_EQ(Piece(second), "two");
    EXPECT_EQ(Piece(second), "");
    const HttpResponse hit = cdn.Handle(Getting("/a"));
    EXPECT_EQ(BodyOf(hit), "one two");
    EXPECT_EQ(XCacheOf(hit), "Hit");
  }
}

TEST_F(StreamingTest, ALeaderThatGoesAwayHandsOver) {
  const Distribution cdn = Make();
  std::optional<HttpStream> first = cdn.HandleStreaming(Getting("/a"));
  HttpStream second = cdn.HandleStreaming(Getting("/a"));
  pieces_.Send("one ");
  EXPECT_EQ(Piece(*first), "one ");
  first.reset();
  pieces_.Send("two");
  pieces_.End();
  EXPECT_EQ(Piece(second), "one ");
  EXPECT_EQ(Piece(second), "two");
  EXPECT_EQ(Piece(second), "");
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(XCacheOf(cdn.Handle(Getting("/a"))), "Hit");
}

TEST_F(StreamingTest, WhatNobodyReadsIsGivenUp) {
  const Distribution cdn = Make();
  {
    const HttpStream first = cdn.HandleStreaming(Getting("/a"));
    const HttpStream second = cdn.HandleStreaming(Getting("/a"));
  }
  EXPECT_EQ(dropped_, 1);
  EXPECT_EQ(cdn.stats().entries, 0u);
  HttpStream third = cdn.HandleStreaming(Getting("/a"));
  EXPECT_EQ(XCacheOf(third.head), "Miss");
  EXPECT_EQ(fetches_, 2);
}

TEST_F(StreamingTest, WhatBreaksOffIsNotStored) {
  headers_.Add("Content-Length", "10");
  const Distribution cdn = Make();
  HttpStream first = cdn.HandleStreaming(Getting("/a"));
  pieces_.Send("half");
  pieces_.End();
  EXPECT_EQ(Piece(first), "half");
  EXPECT_FALSE(first.body->Next().ok());
  EXPECT_EQ(cdn.stats().entries, 0u);
  EXPECT_EQ(cdn.Handle(Getting("/a")).status, 502);
}

TEST_F(StreamingTest, WhatIsForOneViewerIsNotQueuedFor) {
  headers_ = {{"Cache-Control", "private"}};
  const Distribution cdn = Make();
  HttpStream first = cdn.HandleStreaming(Getting("/a"));
  HttpStream second = cdn.HandleStreaming(Getting("/a"));
  EXPECT_EQ(fetches_, 2);
  pieces_.Send("x");
  EXPECT_EQ(Piece(second), "x");
  EXPECT_EQ(Piece(first), "x");
}

TEST_F(StreamingTest, WhatIsTooLargeIsPassedThrough) {
  const Distribution cdn = Make(10'000);
  HttpStream first = cdn.HandleStreaming(Getting("/a"));
  HttpStream slow = cdn.HandleStreaming(Getting("/a"));
  for (int i = 0; i < 5; ++i) {
    pieces_.Send(std::string(4'000, 'x'));
    EXPECT_EQ(Piece(first).size(), 4'000u);
  }
  pieces_.End();
  EXPECT_EQ(Piece(first), "");
  // Its first bytes are gone.
  EXPECT_EQ(slow.body->Next().status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(cdn.stats().entries, 0u);
  HttpStream next = cdn.HandleStreaming(Getting("/a"));
  HttpStream other = cdn.HandleStreaming(Getting("/a"));
  EXPECT_EQ(fetches_, 3);  // neither waits for the other
}

TEST_F(StreamingTest, AnInvalidationMeanwhileIsObeyed) {
  const Distribution cdn = Make();
  HttpStream old = cdn.HandleStreaming(Getting("/a"));
  ASSERT_TRUE(cdn.Invalidate({"/a"}).ok());
  HttpStream young = cdn.HandleStreaming(Getting("/a"));
  EXPECT_EQ(XCacheOf(young.head), "Miss");
  EXPECT_EQ(fetches_, 2);
  pieces_.Send("x");
  pieces_.End();
  EXPECT_EQ(Piece(old) + Piece(old), "x");
  EXPECT_EQ(cdn.stats().entries, 0u);
  EXPECT_EQ(Piece(young) + Piece(young), "x");
  EXPECT_EQ(cdn.stats().entries, 1u);
}

TEST_F(StreamingTest, ManyReadersAndOneBody) {
  constexpr int kPieces = 200;
  const Distribution cdn = Make();
  std::vector<std::thread> readers;
  for (int r = 0; r < 4; ++r) {
    readers.emplace_back([&, r] {
      HttpStream stream = cdn.HandleStreaming(Getting("/a"));
      std::string all(stream.head.body);
      while (stream.body != nullptr) {
        const std::string piece = Piece(stream);
        if (piece.empty() || (r == 3 && all.size() > 300)) break;
        all += piece;
      }
      if (r != 3) {
        EXPECT_EQ(all.size(), 10u * kPieces);
      }
    });
  }
  for (int i = 0; i < kPieces; ++i) pieces_.Send("0123456789");
  pieces_.End();
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(fetches_, 1);
  EXPECT_EQ(BodyOf(cdn.Handle(Getting("/a"))).size(), 10u * kPieces);
}

}  // namespace
}  // namespace cloudlet::edge
