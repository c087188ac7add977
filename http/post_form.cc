// Reads a form part by part. A delimiter may be cut anywhere, so the last bytes of what came are
// kept back until it is known that none begins there.
#include "http/post_form.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::http {
namespace {

using base::Quoted;
using base::S;
using base::V;

constexpr size_t kMaxBoundary = 70;  // RFC 2046
constexpr size_t kLongerThanAnyKey = 4096;

absl::Status Bad(std::string_view what) {
  return MakeError(ErrorCode::kMalformedPostRequest,
                   absl::StrCat("The body of your POST request is not well-formed "
                                "multipart/form-data: ",
                                V(what)));
}

// One "; name=value" or "; name="value"" off the front of `text`; nullopt at its end or where it is
// none. A quoted value may have \" and \\ in it; any other backslash is one, as browsers send it.
std::optional<std::pair<std::string, std::string>> TakeParameter(std::string_view& text) {
  const auto skip = [&] {
    while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
  };
  skip();
  if (text.empty() || text[0] != ';') return std::nullopt;
  text.remove_prefix(1);
  skip();
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::string name = absl::AsciiStrToLower(absl::StripAsciiWhitespace(V(text.substr(0, equals))));
  text.remove_prefix(equals + 1);
  skip();
  std::string value;
  if (text.empty() || text[0] != '"') {
    const size_t end = std::min(text.find_first_of("; \t"), text.size());
    value = std::string(text.substr(0, end));
    text.remove_prefix(end);
    return std::make_pair(std::move(name), std::move(value));
  }
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return std::make_pair(std::move(name), std::move(value));
    }
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    value.push_back(text[i]);
  }
  return std::nullopt;  // no closing quote
}

// The value of a header up to its parameters.
std::string_view TakeMain(std::string_view& text) {
  const size_t end = std::min(text.find(';'), text.size());
  const std::string_view main = S(absl::StripAsciiWhitespace(V(text.substr(0, end))));
  text.remove_prefix(end);
  return main;
}

bool OnlyBlanks(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

std::string PostForm::Key() const {
  constexpr std::string_view kVariable = "${filename}";
  std::string key(fields.Get("key"));
  if (filename.empty()) return key;
  // No further than any key is long: whoever puts the object refuses it.
  size_t at = key.find(kVariable);
  while (at != std::string::npos && key.size() <= kLongerThanAnyKey) {
    key.replace(at, kVariable.size(), filename);
    at = key.find(kVariable, at + filename.size());
  }
  return key;
}

absl::StatusOr<PostFormDecoder> PostFormDecoder::Create(std::string_view content_type,
                                                        const PostFormLimits& limits) {
  if (!absl::EqualsIgnoreCase(V(TakeMain(content_type)), "multipart/form-data")) {
    return MakeError(ErrorCode::kPreconditionFailed,
                     "Bucket POST must be of the enclosure-type multipart/form-data");
  }
  std::string boundary;
  while (const auto parameter = TakeParameter(content_type)) {
    if (parameter->first != "boundary") continue;
    if (!boundary.empty()) return Bad("two boundaries");
    boundary = parameter->second;
  }
  const bool printable =
      std::all_of(boundary.begin(), boundary.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (boundary.empty() || boundary.size() > kMaxBoundary || boundary.back() == ' ' || !printable ||
      !OnlyBlanks(content_type)) {
    return Bad("no boundary");
  }
  return PostFormDecoder(std::move(boundary), limits);
}

absl::Status PostFormDecoder::Take(std::string_view bytes, FormSink& sink) {
  CLOUDLET_RETURN_IF_ERROR(error_);
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_.append(bytes);
  for (bool more = true; more && error_.ok();) error_ = Step(sink, &more);
  return error_;
}

// One step over what is in the buffer; `*more` becomes false where more bytes are needed.
absl::Status PostFormDecoder::Step(FormSink& sink, bool* more) {
  switch (state_) {
    case State::kFirst: {
      // The first delimiter has no line end before it.
      const std::string_view first = std::string_view(delimiter_).substr(2);
      const size_t size = std::min(Rest().size(), first.size());
      if (Rest().substr(0, size) != first.substr(0, size)) return Bad("no delimiter at the start");
      *more = size == first.size();
      if (*more) {
        at_ += size;
        state_ = State::kBoundary;
      }
      return absl::OkStatus();
    }
    case State::kBoundary:
      return TakeBoundary(more);
    case State::kHeader:
      return TakeHeader(sink, more);
    case State::kField:
    case State::kFile:
    case State::kSkip:
      return TakeContent(sink, more);
    case State::kEnd:
      at_ = buffer_.size();  // an epilogue says nothing
      *more = false;
      return absl::OkStatus();
  }
  return Bad("no such state");
}

// Behind a delimiter: a line end and a part, or "--" and the end.
absl::Status PostFormDecoder::TakeBoundary(bool* more) {
  const std::string_view rest = Rest().substr(0, 2);
  if (rest.size() < 2) {
    *more = false;
    return absl::OkStatus();
  }
  at_ += 2;
  if (rest == "--") {
    state_ = State::kEnd;
    return absl::OkStatus();
  }
  if (rest != "\r\n") return Bad("no line end behind a delimiter");
  state_ = has_file_ ? State::kSkip : State::kHeader;
  headers_bytes_ = 0;
  has_name_ = false;
  name_.clear();
  filename_.clear();
  content_type_.clear();
  value_.clear();
  return absl::OkStatus();
}

absl::Status PostFormDecoder::TakeHeader(FormSink& sink, bool* more) {
  const size_t room = limits_.headers_bytes - headers_bytes_;
  const size_t end = Rest().substr(0, room).find("\r\n");
  if (end == std::string_view::npos) {
    *more = false;
    return Rest().size() >= room ? Bad("the headers of a part are too long") : absl::OkStatus();
  }
  const std::string line(Rest().substr(0, end));
  at_ += end + 2;
  headers_bytes_ += end + 2;
  return line.empty() ? BeginPart(sink) : ReadHeaderLine(line);
}

absl::Status PostFormDecoder::ReadHeaderLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.find('\n') != std::string_view::npos ||
      line.find('\0') != std::string_view::npos) {
    return Bad(absl::StrCat("no header of a part: ", Quoted(line)));
  }
  std::string_view value = line.substr(colon + 1);
  if (SameName(line.substr(0, colon), "Content-Type")) {
    content_type_ = std::string(absl::StripAsciiWhitespace(V(value)));
  }
  if (!SameName(line.substr(0, colon), "Content-Disposition")) return absl::OkStatus();
  if (has_name_ || !absl::EqualsIgnoreCase(V(TakeMain(value)), "form-data")) {
    return Bad("no form-data");
  }
  bool has_filename = false;
  while (auto parameter = TakeParameter(value)) {
    if (parameter->first == "name") {
      if (has_name_) return Bad("two names of a part");
      has_name_ = true;
      name_ = std::move(parameter->second);
    } else if (parameter->first == "filename") {
      if (has_filename) return Bad("two names of a file");
      has_filename = true;
      filename_ = std::move(parameter->second);
    }
  }
  if (!OnlyBlanks(value) || !has_name_ || name_.empty()) {
    return Bad(absl::StrCat("no name of a part: ", Quoted(line)));
  }
  return absl::OkStatus();
}

absl::Status PostFormDecoder::BeginPart(FormSink& sink) {
  if (!has_name_) return Bad("a part without a name");
  if (SameName(name_, "file")) {
    has_file_ = true;
    state_ = State::kFile;
    // Browsers may send a path; what counts is behind it.
    form_.filename = filename_.substr(filename_.find_last_of("/\\") + 1);
    form_.file_content_type = content_type_;
    return sink.BeginFile(form_);
  }
  if (form_.fields.Count(name_) > 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     absl::StrCat("the field ", Quoted(name_), " must be given once"));
  }
  fields_bytes_ += name_.size();
  if (++parts_ > limits_.max_fields) return MakeError(ErrorCode::kMaxPostPreDataLengthExceeded);
  state_ = State::kField;
  return absl::OkStatus();
}

absl::Status PostFormDecoder::TakeContent(FormSink& sink, bool* more) {
  const std::string_view rest = Rest();
  const size_t end = rest.find(delimiter_);
  if (end != std::string_view::npos) {
    CLOUDLET_RETURN_IF_ERROR(AddContent(rest.substr(0, end), sink));
    at_ += end + delimiter_.size();
    return EndPart();
  }
  *more = false;
  // All but what may be the start of a delimiter.
  size_t keep = std::min(rest.size(), delimiter_.size() - 1);
  while (keep > 0 &&
         rest.substr(rest.size() - keep) != std::string_view(delimiter_).substr(0, keep)) {
    --keep;
  }
  const std::string_view content = rest.substr(0, rest.size() - keep);
  at_ += content.size();
  return AddContent(content, sink);
}

absl::Status PostFormDecoder::AddContent(std::string_view bytes, FormSink& sink) {
  if (bytes.empty() || state_ == State::kSkip) return absl::OkStatus();
  if (state_ == State::kFile) return sink.TakeFile(bytes);
  fields_bytes_ += bytes.size();
  if (fields_bytes_ > limits_.fields_bytes) {
    return MakeError(ErrorCode::kMaxPostPreDataLengthExceeded);
  }
  value_.append(bytes);
  return absl::OkStatus();
}

absl::Status PostFormDecoder::EndPart() {
  if (state_ == State::kField) form_.fields.Add(name_, value_);
  state_ = State::kBoundary;
  return absl::OkStatus();
}

absl::Status PostFormDecoder::Finish() {
  if (error_.ok() && state_ != State::kEnd) error_ = Bad("it is not whole");
  if (error_.ok() && !has_file_) {
    error_ = MakeError(ErrorCode::kInvalidArgument,
                       "POST requires exactly one file upload per request.");
  }
  return error_;
}

}  // namespace cloudlet::http
