// Compression between origin and cache: what the origin sends as it is, is stored in gzip where the
// request, which carries what is left of the viewer's Accept-Encoding, asks for it.
//
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
#ifndef CLOUDLET_EDGE_COMPRESS_H_
#define CLOUDLET_EDGE_COMPRESS_H_

#include <memory>
#include <string_view>

#include "cloudlet/edge_http.h"
#include "cloudlet/edge_origin.h"

namespace cloudlet::edge {

// Whether a Content-Type, parameters and all, is one of those that CloudFront compresses.
bool IsCompressibleType(std::string_view content_type);

// Whether an answer with these headers to a GET or HEAD may be compressed: status 200, 403 or 404,
// a type of the list, a Content-Length of 1,000 to 10,000,000, no Content-Encoding, no
// no-transform.
bool IsCompressible(int status, const HttpHeaders& headers);

// The headers of the same answer in gzip: Content-Encoding, Vary, a weak ETag (one that is none
// goes), no Content-Length.
HttpHeaders GzipHeaders(HttpHeaders headers);

// Whether a 304 with `headers` is about what this cache stored in gzip, whose tag is weak: the
// request asks for its tag in the weak form alone.
bool ConfirmsGzip(const HttpRequest& request, const HttpHeaders& headers);

// Answers with what `origin` answers, in gzip where it may be and the request accepts it. The
// answer to a HEAD gets the headers without a length, as nobody knows it. What is compressed is
// whole when Open returns; all else streams as the origin does.
std::shared_ptr<Origin> MakeCompressingOrigin(std::shared_ptr<Origin> origin);

}  // namespace cloudlet::edge

#endif  // CLOUDLET_EDGE_COMPRESS_H_
