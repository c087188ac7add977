// Listening, threads, and the sessions that there are.
#include "http/server.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "cloudlet/clock.h"
#include "http/asio_stream.h"
#include "http/session.h"

namespace cloudlet::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

// How often deadlines are looked at: that is how exact they are.
constexpr auto kTick = std::chrono::milliseconds(100);
// Connections too many that are being told so; above, they are closed without a word.
constexpr size_t kMaxShedding = 64;

absl::Status ListenError(const std::string& address, uint16_t port, const error_code& error) {
  const std::string what = absl::StrCat("listen on ", address, ":", port, ": ", error.message());
  if (error == asio::error::address_in_use) {
    return absl::AlreadyExistsError(absl::StrCat(what, " (port 0 takes a free one)"));
  }
  if (error == asio::error::access_denied) return absl::PermissionDeniedError(what);
  return absl::UnavailableError(what);
}

// Threads for what waits: made when first needed, kept.
class WaitingThreads {
 public:
  explicit WaitingThreads(size_t max) : max_(max) {}
  ~WaitingThreads() { Stop(); }

  struct Job {
    std::function<void()> work = nullptr;
    std::function<void()> done = nullptr;
  };

  // `queued`: also where all threads are busy.
  bool Run(Job job, bool queued) {
    base::MutexLock lock(&mu_);
    if (stopping_ || (!queued && busy_ + queue_.size() >= max_)) return false;
    queue_.push_back(std::move(job));
    if (busy_ + queue_.size() > threads_.size() && threads_.size() < max_) {
      threads_.emplace_back([this] { Loop(); });
    }
    changed_.Signal();
    return true;
  }
  void Stop() {
    std::vector<std::thread> threads;
    {
      base::MutexLock lock(&mu_);
      stopping_ = true;
      changed_.SignalAll();
      threads.swap(threads_);
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  void Loop() {
    for (;;) {
      Job job;
      {
        base::MutexLock lock(&mu_);
        while (queue_.empty() && !stopping_) changed_.Wait(&mu_);
        if (queue_.empty()) return;
        job = std::move(queue_.front());
        queue_.pop_front();
        ++busy_;
      }
      job.work();
      job.work = nullptr;
      {
        base::MutexLock lock(&mu_);
        --busy_;
      }
      job.done();
    }
  }

  const size_t max_;
  base::Mutex mu_;
  base::CondVar changed_;
  std::deque<Job> queue_ ABSL_GUARDED_BY(mu_);
  size_t busy_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

class Server::Impl : public SessionHost {
 public:
  Impl(const ServerOptions& options, Handler* handler)
      : options_(options), handler_(*handler), waiting_(options.max_waiting) {}
  ~Impl() override { Stop(absl::Seconds(5)); }

  absl::Status Start();
  bool Stop(absl::Duration grace);
  uint16_t port() const { return port_; }
  ServerStats stats() const;

  const ServerOptions& options() const override { return options_; }
  Handler& handler() override { return handler_; }
  SessionCounts& counts() override { return counts_; }
  bool stopping() const override { return stopping_.load(std::memory_order_relaxed); }
  bool RunWaiting(std::function<void()> work, std::function<void()> done) override {
    return waiting_.Run({std::move(work), std::move(done)}, false);
  }
  bool RunBehind(std::function<void()> work, std::function<void()> done) override {
    return waiting_.Run({std::move(work), std::move(done)}, true);
  }
  absl::Time Now() override { return clock_->Now(); }
  std::string Date() override;

 private:
  absl::Status UseCertificate();
  void Accept();
  void Accepted(tcp::socket socket);
  void Tick();
  void WaitForOneToClose();
  std::vector<std::shared_ptr<Session>> Sessions();

  const ServerOptions options_;
  const std::shared_ptr<Clock> clock_ = RealClock();  // sockets know no other
  Handler& handler_;
  SessionCounts counts_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> accepted_{0};
  std::atomic<uint64_t> shed_{0};
  uint16_t port_ = 0;
  bool stopped_cleanly_ = true;

  mutable base::Mutex mu_;
  base::CondVar closed_;  // a session has gone
  // Weak: a session lives as long as something is under way for it.
  std::unordered_map<const Session*, std::weak_ptr<Session>> sessions_ ABSL_GUARDED_BY(mu_);
  size_t open_ ABSL_GUARDED_BY(mu_) = 0;
  size_t shedding_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t date_second_ ABSL_GUARDED_BY(mu_) = -1;
  std::string date_ ABSL_GUARDED_BY(mu_);

  std::optional<asio::ssl::context> tls_;
  asio::io_context io_;
  // The threads stay also while nothing is under way: what Stop posts to a session has to run.
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> ticker_;
  std::vector<std::thread> threads_;
  WaitingThreads waiting_;
};

absl::Status Server::Impl::UseCertificate() {
  if (options_.tls_certificate_chain.empty() && options_.tls_private_key.empty()) {
    return absl::OkStatus();
  }
  tls_.emplace(asio::ssl::context::tls_server);
  error_code error;
  tls_->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                        asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1,
                    error);
  const auto buffer = [](const std::string& text) {
    return asio::const_buffer(text.data(), text.size());
  };
  if (!error) tls_->use_certificate_chain(buffer(options_.tls_certificate_chain), error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat("tls_certificate_chain: ", error.message()));
  }
  tls_->use_private_key(buffer(options_.tls_private_key), asio::ssl::context::pem, error);
  if (error) return absl::InvalidArgumentError(absl::StrCat("tls_private_key: ", error.message()));
  return absl::OkStatus();
}

absl::Status Server::Impl::Start() {
  if (absl::Status status = UseCertificate(); !status.ok()) return status;
  error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("address: \"", options_.address, "\" is no IP address"));
  }
  tcp::endpoint endpoint(address, options_.port);
  acceptor_.emplace(io_);
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(1024, error);
  if (!error) endpoint = acceptor_->local_endpoint(error);
  if (error) return ListenError(options_.address, options_.port, error);
  port_ = endpoint.port();
  ticker_.emplace(io_);
  Accept();
  Tick();
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const int threads =
      options_.threads > 0 ? options_.threads : std::max(4, static_cast<int>(2 * cores));
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { io_.run(); });
  return absl::OkStatus();
}

void Server::Impl::Accept() {
  acceptor_->async_accept(asio::make_strand(io_),
                          [this](const error_code& error, tcp::socket socket) {
                            if (error == asio::error::operation_aborted) return;
                            if (!error) Accepted(std::move(socket));
                            if (!stopping()) Accept();
                          });
}

void Server::Impl::Accepted(tcp::socket socket) {
  accepted_.fetch_add(1, std::memory_order_relaxed);
  bool shed = false;
  {
    base::MutexLock lock(&mu_);
    shed = open_ >= options_.max_connections;
    if (shed) {
      shed_.fetch_add(1, std::memory_order_relaxed);
      if (shedding_ >= kMaxShedding) return;  // the socket closes
      ++shedding_;
    } else {
      ++open_;
    }
  }
  const auto closed = [this, shed](const Session* session) {
    {
      base::MutexLock lock(&mu_);
      sessions_.erase(session);
      --(shed ? shedding_ : open_);
      closed_.SignalAll();
    }
    delete session;
  };
  std::shared_ptr<Session> session(
      new Session(this, MakeStream(std::move(socket), tls_.has_value() ? &*tls_ : nullptr), shed),
      closed);
  {
    base::MutexLock lock(&mu_);
    sessions_.emplace(session.get(), session);
  }
  session->Start();
}

std::vector<std::shared_ptr<Session>> Server::Impl::Sessions() {
  std::vector<std::shared_ptr<Session>> out;
  base::MutexLock lock(&mu_);
  out.reserve(sessions_.size());
  for (const auto& [key, weak] : sessions_) {
    if (std::shared_ptr<Session> session = weak.lock()) out.push_back(std::move(session));
  }
  return out;
}

void Server::Impl::Tick() {
  ticker_->expires_after(kTick);
  ticker_->async_wait([this](const error_code& error) {
    if (error) return;
    const absl::Time now = Now();
    for (const auto& session : Sessions()) session->CheckDeadline(now);
    Tick();
  });
}

void Server::Impl::WaitForOneToClose() {
  base::MutexLock lock(&mu_);
  if (!sessions_.empty()) closed_.WaitWithTimeout(&mu_, absl::Milliseconds(20));
}

bool Server::Impl::Stop(absl::Duration grace) {
  if (stopping_.exchange(true)) return stopped_cleanly_;
  if (threads_.empty()) return true;
  asio::post(io_, [this] {
    error_code ignored;
    acceptor_->close(ignored);
  });
  const absl::Time deadline = Now() + grace;
  for (;;) {
    const auto sessions = Sessions();
    if (sessions.empty()) break;
    if (Now() >= deadline) {
      stopped_cleanly_ = false;
      for (const auto& session : sessions) session->Cut();
      break;
    }
    for (const auto& session : sessions) session->EndWhenIdle();
    WaitForOneToClose();
  }
  // What waits for a function waits until that ends: its answer is dropped, the thread is not.
  waiting_.Stop();
  asio::post(io_, [this] { ticker_->cancel(); });
  while (!Sessions().empty()) {
    for (const auto& session : Sessions()) session->Cut();
    WaitForOneToClose();
  }
  io_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  return stopped_cleanly_;
}

ServerStats Server::Impl::stats() const {
  ServerStats stats;
  stats.accepted = accepted_.load(std::memory_order_relaxed);
  stats.shed = shed_.load(std::memory_order_relaxed);
  stats.requests = counts_.requests.load(std::memory_order_relaxed);
  stats.refused = counts_.refused.load(std::memory_order_relaxed);
  stats.timeouts = counts_.timeouts.load(std::memory_order_relaxed);
  base::MutexLock lock(&mu_);
  stats.connections = open_;
  return stats;
}

std::string Server::Impl::Date() {
  const absl::Time now = Now();
  const int64_t second = absl::ToUnixSeconds(now);
  base::MutexLock lock(&mu_);
  if (second != date_second_) {
    date_second_ = second;
    date_ = absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT", now, absl::UTCTimeZone());
  }
  return date_;
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      Handler* handler) {
  auto impl = std::make_unique<Impl>(options, handler);
  if (absl::Status status = impl->Start(); !status.ok()) return status;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
uint16_t Server::port() const { return impl_->port(); }
ServerStats Server::stats() const { return impl_->stats(); }
bool Server::Stop(absl::Duration grace) { return impl_->Stop(grace); }

}  // namespace cloudlet::http
