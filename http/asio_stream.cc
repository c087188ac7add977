// Streams over Asio, plain and through TLS.
#include "http/asio_stream.h"

#include <string>
#include <utility>
#include <vector>

#include "boost/asio/buffer.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/write.hpp"

namespace cloudlet::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

std::vector<asio::const_buffer> BuffersOf(const std::vector<StreamBuffer>& buffers) {
  std::vector<asio::const_buffer> out;
  out.reserve(buffers.size());
  for (const StreamBuffer& buffer : buffers) out.emplace_back(buffer.data, buffer.size);
  return out;
}

// What both kinds share: a socket below, under another type of stream or none.
template <typename Layer>
class AsioStream : public Stream {
 public:
  template <typename... Arguments>
  explicit AsioStream(Arguments&&... arguments) : layer_(std::forward<Arguments>(arguments)...) {
    error_code ignored;
    socket().set_option(tcp::no_delay(true), ignored);
    const tcp::endpoint peer = socket().remote_endpoint(ignored);
    remote_address_ = peer.address().to_string(ignored);
  }

  void Post(std::function<void()> work) override {
    asio::post(layer_.get_executor(), std::move(work));
  }
  void Read(char* into, size_t size, Callback done) override {
    layer_.async_read_some(asio::buffer(into, size),
                           [done = std::move(done)](const error_code& error, size_t bytes) {
                             done(!error && bytes > 0, bytes);
                           });
  }
  void Write(std::vector<StreamBuffer> buffers, Callback done) override {
    asio::async_write(
        layer_, BuffersOf(buffers),
        [done = std::move(done)](const error_code& error, size_t bytes) { done(!error, bytes); });
  }
  void ShutdownSend() override {
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
  }
  void Close() override {
    error_code ignored;
    socket().close(ignored);
  }
  std::string remote_address() const override { return remote_address_; }

 protected:
  tcp::socket& socket() {
    if constexpr (std::is_same_v<Layer, tcp::socket>) {
      return layer_;
    } else {
      return layer_.next_layer();
    }
  }

  Layer layer_;
  std::string remote_address_;
};

class PlainStream final : public AsioStream<tcp::socket> {
 public:
  using AsioStream::AsioStream;
  void Handshake(Callback done) override { done(true, 0); }
  bool tls() const override { return false; }
};

class TlsStream final : public AsioStream<asio::ssl::stream<tcp::socket>> {
 public:
  using AsioStream::AsioStream;
  void Handshake(Callback done) override {
    layer_.async_handshake(asio::ssl::stream_base::server,
                           [done = std::move(done)](const error_code& error) { done(!error, 0); });
  }
  bool tls() const override { return true; }
};

}  // namespace

std::unique_ptr<Stream> MakeStream(tcp::socket socket, asio::ssl::context* tls) {
  if (tls == nullptr) return std::make_unique<PlainStream>(std::move(socket));
  return std::make_unique<TlsStream>(std::move(socket), *tls);
}

}  // namespace cloudlet::http
