// Reads a policy's JSON and holds forms against it.
#include "http/post_policy.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/json_struct.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"

namespace cloudlet::http {
namespace {

using base::Quoted;
using base::S;
using base::V;
using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxConditions = 1024;

template <typename... Text>
absl::Status Invalid(const Text&... what) {
  return MakeError(ErrorCode::kInvalidPolicyDocument, absl::StrCat("Invalid Policy: ", what...));
}
template <typename... Text>
absl::Status Denied(const Text&... what) {
  return MakeError(ErrorCode::kAccessDenied,
                   absl::StrCat("Invalid according to Policy: ", what...));
}

// A number of bytes, also in quotes; nullopt: a text that is no number.
absl::StatusOr<std::optional<uint64_t>> ReadSize(const Value& value) {
  if (value.kind_case() == Value::kStringValue) {
    uint64_t bytes = 0;
    if (!absl::SimpleAtoi(value.string_value(), &bytes)) return std::optional<uint64_t>();
    return std::optional<uint64_t>(bytes);
  }
  const double number = value.kind_case() == Value::kNumberValue ? value.number_value() : -1;
  if (!(number >= 0) || number > 9007199254740992.0 || number != std::floor(number)) {
    return Invalid("Invalid content-length-range: no number of bytes.");
  }
  return std::optional<uint64_t>(static_cast<uint64_t>(number));
}

// "2007-12-01T12:00:00.000Z" or without the fraction.
std::optional<absl::Time> ReadExpiration(const std::string& text) {
  absl::Time time;
  if (text.size() < 20 || text.back() != 'Z' || text[10] != 'T') return std::nullopt;
  if (!absl::ParseTime("%Y-%m-%dT%H:%M:%E*SZ", text, &time, nullptr)) return std::nullopt;
  return time;
}

bool NeedsCondition(std::string_view field, bool old_signature) {
  if (field == "x-amz-signature" || field == "file" || field == "policy") return false;
  if (old_signature && (field == "signature" || field == "awsaccesskeyid")) return false;
  return !absl::StartsWith(V(field), "x-ignore-");
}

bool StartsWith(std::string_view field, std::string_view value, std::string_view prefix) {
  if (field != "content-type") return absl::StartsWith(V(value), V(prefix));
  // A list of types, each of which must.
  while (true) {
    const size_t comma = value.find(',');
    const std::string_view one = S(absl::StripAsciiWhitespace(V(value.substr(0, comma))));
    if (!absl::StartsWith(V(one), V(prefix))) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace

absl::StatusOr<PostPolicy> PostPolicy::Parse(std::string_view base64) {
  const std::optional<std::string> json = base::Base64Decode(base64);
  if (!json.has_value()) return Invalid("invalid Base64 encoding.");
  const size_t begin = json->find_first_not_of(" \t\r\n");
  Struct document;
  if (begin == std::string::npos || (*json)[begin] != '{' ||
      !google::protobuf::util::JsonStringToMessage(*json, &document).ok()) {
    return Invalid("Invalid JSON.");
  }
  PostPolicy policy;
  bool has_expiration = false;
  const ListValue* conditions = nullptr;
  for (const auto& field : document.fields()) {
    if (field.first == "expiration") {
      const std::optional<absl::Time> time = ReadExpiration(field.second.string_value());
      if (!time.has_value()) {
        return Invalid("Invalid 'expiration' value: ", Quoted(field.second.string_value()));
      }
      policy.expiration_ = *time;
      has_expiration = true;
    } else if (field.first == "conditions") {
      if (field.second.kind_case() != Value::kListValue) {
        return Invalid("Invalid 'conditions' value: must be a List.");
      }
      conditions = &field.second.list_value();
    } else {
      return Invalid("Unexpected: ", Quoted(field.first));
    }
  }
  if (!has_expiration) return Invalid("Policy missing expiration.");
  if (conditions == nullptr) return Invalid("Policy missing conditions.");
  if (static_cast<size_t>(conditions->values_size()) > kMaxConditions) {
    return Invalid("more than ", kMaxConditions, " conditions.");
  }
  for (const Value& condition : conditions->values()) {
    CLOUDLET_RETURN_IF_ERROR(policy.AddCondition(condition));
  }
  return policy;
}

absl::Status PostPolicy::AddCondition(const Value& value) {
  if (value.kind_case() == Value::kListValue) return AddList(value.list_value());
  if (value.kind_case() != Value::kStructValue) {
    return Invalid("Invalid condition test: must be a List or Object.");
  }
  const auto& fields = value.struct_value().fields();
  if (fields.size() != 1) {
    return Invalid(
        "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  }
  const auto& [name, wanted] = *fields.begin();
  if (wanted.kind_case() != Value::kStringValue) {
    return Invalid("Invalid Simple-Condition: value must be a string.");
  }
  conditions_.push_back(
      {Test::kEquals, absl::AsciiStrToLower(name), wanted.string_value(),
       absl::StrCat("[\"eq\", ", Quoted("$" + name), ", ", Quoted(wanted.string_value()), "]")});
  return absl::OkStatus();
}

absl::Status PostPolicy::AddList(const ListValue& list) {
  const auto& values = list.values();
  if (values.empty() || values[0].kind_case() != Value::kStringValue) {
    return Invalid("Invalid Condition: missing operation identifier.");
  }
  const std::string operation = absl::AsciiStrToLower(values[0].string_value());
  const bool is_range = operation == "content-length-range";
  if (!is_range && operation != "eq" && operation != "starts-with") {
    return Invalid("Invalid Condition: unknown operation ", Quoted(operation), ".");
  }
  if (values.size() != 3) return Invalid("Invalid ", operation, ": wrong number of arguments.");
  std::string text = absl::StrCat("[", Quoted(operation));
  for (int i = 1; i < 3; ++i) {
    absl::StrAppend(&text, ", ",
                    values[i].kind_case() == Value::kNumberValue
                        ? absl::StrCat(values[i].number_value())
                        : Quoted(values[i].string_value()));
  }
  text += "]";
  if (is_range) {
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<uint64_t> min, ReadSize(values[1]));
    CLOUDLET_ASSIGN_OR_RETURN(const std::optional<uint64_t> max, ReadSize(values[2]));
    if (!min.has_value() || !max.has_value()) {
      conditions_.push_back({Test::kNever, "", "", std::move(text)});
      return absl::OkStatus();
    }
    // Of several, all hold.
    min_bytes_ = std::max(min_bytes_, *min);
    max_bytes_ = std::min(max_bytes_, *max);
    return absl::OkStatus();
  }
  const auto& field = values[1].string_value();
  if (values[1].kind_case() != Value::kStringValue ||
      values[2].kind_case() != Value::kStringValue) {
    return Invalid("Invalid ", operation, ": arguments must be strings.");
  }
  if (field.size() < 2 || field[0] != '$') {
    conditions_.push_back({Test::kNever, "", "", std::move(text)});
    return absl::OkStatus();
  }
  conditions_.push_back({operation == "eq" ? Test::kEquals : Test::kStartsWith,
                         absl::AsciiStrToLower(field.substr(1)), values[2].string_value(),
                         std::move(text)});
  return absl::OkStatus();
}

bool PostPolicy::Holds(const Condition& condition, const PostForm& form, std::string_view bucket) {
  std::optional<std::string> value;
  if (condition.field == "bucket") {
    value = std::string(bucket);
  } else if (condition.field == "key") {
    value = form.Key();
  } else if (const std::string* field = form.fields.Find(condition.field)) {
    value = *field;
  }
  switch (condition.test) {
    case Test::kEquals:
      return value.has_value() && *value == condition.value;
    case Test::kStartsWith:
      return StartsWith(condition.field, value.value_or(""), condition.value);
    case Test::kNever:
      return false;
  }
  return false;
}

absl::Status PostPolicy::Check(const PostForm& form, std::string_view bucket,
                               absl::Time now) const {
  if (now >= expiration_) return Denied("Policy expired.");
  absl::flat_hash_set<std::string> covered;
  for (const Condition& condition : conditions_) {
    if (!Holds(condition, form, bucket)) {
      return Denied("Policy Condition failed: ", condition.text);
    }
    covered.insert(condition.field);
  }
  std::vector<std::string> extra;
  // The bucket and the key are said by every request.
  for (const char* name : {"bucket", "key"}) {
    if (!covered.contains(name)) extra.emplace_back(name);
  }
  const bool old_signature = form.fields.Count("AWSAccessKeyId") > 0;
  for (const Header& field : form.fields) {
    std::string name = absl::AsciiStrToLower(field.name);
    if (name == "bucket" && field.value != bucket) {
      return Denied("Policy Condition failed: [\"eq\", \"$bucket\", ", Quoted(bucket), "]");
    }
    if (name != "bucket" && name != "key" && NeedsCondition(name, old_signature) &&
        !covered.contains(name)) {
      extra.push_back(std::move(name));
    }
  }
  if (!extra.empty()) return Denied("Extra input fields: ", absl::StrJoin(extra, ", "));
  return absl::OkStatus();
}

absl::Status PostPolicy::CheckSoFar(uint64_t bytes) const {
  if (bytes <= max_bytes_) return absl::OkStatus();
  return MakeError(ErrorCode::kEntityTooLarge,
                   absl::StrCat("Your proposed upload exceeds the maximum allowed size (", bytes,
                                " bytes of ", max_bytes_, ")"));
}

absl::Status PostPolicy::CheckSize(uint64_t bytes) const {
  CLOUDLET_RETURN_IF_ERROR(CheckSoFar(bytes));
  if (bytes >= min_bytes_) return absl::OkStatus();
  return MakeError(ErrorCode::kEntityTooSmall,
                   absl::StrCat("Your proposed upload is smaller than the minimum allowed size (",
                                bytes, " bytes of ", min_bytes_, ")"));
}

}  // namespace cloudlet::http
