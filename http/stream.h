// A connection's bytes, plain or through TLS, behind one interface: so that what speaks HTTP is
// compiled once.
//
// Internal to the server. All callbacks run on the connection's strand.
#ifndef CLOUDLET_HTTP_STREAM_H_
#define CLOUDLET_HTTP_STREAM_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cloudlet::http {

struct StreamBuffer {
  const char* data;
  size_t size;
};

class Stream {
 public:
  // How many bytes, and whether the stream goes on.
  using Callback = std::function<void(bool ok, size_t bytes)>;

  virtual ~Stream() = default;
  // Runs `work` on the strand; from any thread.
  virtual void Post(std::function<void()> work) = 0;
  // What comes before bytes: TLS's handshake. `bytes` is 0.
  virtual void Handshake(Callback done) = 0;
  // At least one byte, or the end (not ok). One read at a time; the memory stays until the
  // callback.
  virtual void Read(char* into, size_t size, Callback done) = 0;
  // All of them. One write at a time, beside a read; as above.
  virtual void Write(std::vector<StreamBuffer> buffers, Callback done) = 0;
  // Tells the peer that nothing more comes.
  virtual void ShutdownSend() = 0;
  // Ends reads and writes under way, not ok.
  virtual void Close() = 0;
  virtual std::string remote_address() const = 0;
  virtual bool tls() const = 0;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_STREAM_H_
