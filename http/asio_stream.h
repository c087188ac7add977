// Streams over Asio's sockets. Internal to the server: to include it is to compile Asio.
#ifndef CLOUDLET_HTTP_ASIO_STREAM_H_
#define CLOUDLET_HTTP_ASIO_STREAM_H_

#include <memory>

#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "http/stream.h"

namespace cloudlet::http {

// `socket` is connected, and its executor is a strand. `tls`: null, or the server's, which must
// outlive the stream.
std::unique_ptr<Stream> MakeStream(boost::asio::ip::tcp::socket socket,
                                   boost::asio::ssl::context* tls);

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_ASIO_STREAM_H_
