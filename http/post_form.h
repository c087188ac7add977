// multipart/form-data as a browser posts an object: fields, then the file.
//
//   CLOUDLET_ASSIGN_OR_RETURN(PostFormDecoder decoder, PostFormDecoder::Create(content_type));
//   CLOUDLET_RETURN_IF_ERROR(decoder.Take(bytes, sink));  // as they come
//   CLOUDLET_RETURN_IF_ERROR(decoder.Finish());           // the form was whole: commit
//
// Fields before the file are kept, the file streams to a sink; memory is bounded by the limits.
// What stands behind the file is read over, as S3 does. A field that comes twice is an error, since
// what reads the first could be checked by what reads the second.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
//
// Threads: one thread at a time.
#ifndef CLOUDLET_HTTP_POST_FORM_H_
#define CLOUDLET_HTTP_POST_FORM_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "http/message.h"

namespace cloudlet::http {

struct PostFormLimits {
  size_t fields_bytes = 20 * 1024;  // names and values before the file
  size_t headers_bytes = 8 * 1024;  // of one part
  size_t max_fields = 256;
};

struct PostForm {
  Headers fields = {};        // before the file; names compare without case, none comes twice
  std::string filename = {};  // without its folders; empty: there was none
  std::string file_content_type = {};  // of the file's own part

  // The field `key` with ${filename} replaced, where there is one. Empty: no key.
  std::string Key() const;
};

class FormSink {
 public:
  virtual ~FormSink() = default;
  // All fields are there, and the first bytes of the file come next. An error ends the reading.
  virtual absl::Status BeginFile(const PostForm& form) = 0;
  virtual absl::Status TakeFile(std::string_view bytes) = 0;
};

class PostFormDecoder {
 public:
  // `content_type`: the request's. PreconditionFailed: it is no multipart/form-data;
  // MalformedPOSTRequest: it has no boundary.
  static absl::StatusOr<PostFormDecoder> Create(std::string_view content_type,
                                                const PostFormLimits& limits = {});

  // MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument (a field twice), or the
  // sink's error. The first one stays.
  absl::Status Take(std::string_view bytes, FormSink& sink);

  // The body has ended. MalformedPOSTRequest: not whole; InvalidArgument: without a file.
  absl::Status Finish();

  const PostForm& form() const { return form_; }

 private:
  enum class State { kFirst, kBoundary, kHeader, kField, kFile, kSkip, kEnd };

  PostFormDecoder(std::string boundary, const PostFormLimits& limits)
      : delimiter_("\r\n--" + boundary), limits_(limits) {}

  absl::Status Step(FormSink& sink, bool* more);
  absl::Status TakeBoundary(bool* more);
  absl::Status TakeHeader(FormSink& sink, bool* more);
  absl::Status TakeContent(FormSink& sink, bool* more);
  absl::Status AddContent(std::string_view bytes, FormSink& sink);
  absl::Status EndPart();
  absl::Status BeginPart(FormSink& sink);
  absl::Status ReadHeaderLine(std::string_view line);
  std::string_view Rest() const { return std::string_view(buffer_).substr(at_); }

  // Constant after construction.
  std::string delimiter_;
  PostFormLimits limits_;

  State state_ = State::kFirst;
  absl::Status error_;
  std::string
      buffer_;  // what was not used yet begins at at_; never more than a Take and a delimiter
  size_t at_ = 0;
  PostForm form_;
  bool has_file_ = false;
  size_t fields_bytes_ = 0;
  size_t headers_bytes_ = 0;
  size_t parts_ = 0;
  // Of the part that is being read.
  bool has_name_ = false;
  std::string name_;
  std::string filename_;
  std::string content_type_;
  std::string value_;
};

}  // namespace cloudlet::http

#endif  // CLOUDLET_HTTP_POST_FORM_H_
