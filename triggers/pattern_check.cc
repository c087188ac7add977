// Operator by operator, each with its own sentence.
#include "triggers/pattern_check.h"

#include <cmath>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/json_struct.h"
#include "base/strings.h"
#include "triggers/pattern_values.h"

namespace cloudlet::triggers {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr double kMostNumber = 5e9;  // EventBridge's, either way
constexpr char kOr[] = "$or";
constexpr char kIgnoreCase[] = "equals-ignore-case";

using Wrong = std::optional<std::string>;

Wrong CheckMany(const Value& value, const std::string& what, Wrong (*check)(const Value&)) {
  if (value.kind_case() != Value::kListValue) return check(value);
  if (value.list_value().values().empty()) return what + " has an empty list";
  for (const Value& each : value.list_value().values()) {
    if (Wrong wrong = check(each); wrong.has_value()) return wrong;
  }
  return std::nullopt;
}

Wrong CheckText(const Value& value) {
  if (value.kind_case() == Value::kStringValue) return std::nullopt;
  return "a value that must be a string is none";
}

Wrong CheckWildcard(const Value& value) {
  if (value.kind_case() == Value::kStringValue && IsWildcard(value.string_value())) {
    return std::nullopt;
  }
  return "a wildcard must be a string without ** and without other escapes than \\* and \\\\";
}

// A string, or {"equals-ignore-case": string}.
Wrong CheckAffix(const Value& value) {
  if (value.kind_case() != Value::kStructValue) return CheckText(value);
  const auto& fields = value.struct_value().fields();
  if (fields.size() != 1 || fields.begin()->first != kIgnoreCase) {
    return "prefix and suffix take a string or equals-ignore-case";
  }
  return CheckText(fields.begin()->second);
}

Wrong CheckBut(const Value& value) {
  switch (value.kind_case()) {
    case Value::kStringValue:
    case Value::kNumberValue:
      return std::nullopt;
    default:
      return "anything-but takes strings, numbers or one operator";
  }
}

Wrong CheckAnythingBut(const Value& value) {
  if (value.kind_case() != Value::kStructValue) {
    return CheckMany(value, "anything-but", CheckBut);
  }
  const auto& fields = value.struct_value().fields();
  const std::string name = fields.size() == 1 ? fields.begin()->first : "";
  if (name == "wildcard") return CheckMany(fields.begin()->second, name, CheckWildcard);
  if (name == "prefix" || name == "suffix") {
    return CheckMany(fields.begin()->second, name, CheckAffix);
  }
  if (name == kIgnoreCase) return CheckMany(fields.begin()->second, name, CheckText);
  return "anything-but takes strings, numbers, or one of prefix, suffix, wildcard, "
         "equals-ignore-case";
}

bool IsComparison(const Value& op, const Value& number) {
  if (op.kind_case() != Value::kStringValue || number.kind_case() != Value::kNumberValue) {
    return false;
  }
  const std::string& text = op.string_value();
  return (text == "=" || text == "<" || text == "<=" || text == ">" || text == ">=") &&
         std::abs(number.number_value()) <= kMostNumber;
}

// One comparison, or a lower and an upper bound.
Wrong CheckNumeric(const Value& value) {
  const auto& list = value.list_value().values();
  const bool one = list.size() == 2 && IsComparison(list[0], list[1]);
  const bool two = list.size() == 4 && IsComparison(list[0], list[1]) &&
                   IsComparison(list[2], list[3]) && list[0].string_value()[0] == '>' &&
                   list[2].string_value()[0] == '<' &&
                   list[1].number_value() < list[3].number_value();
  if (one || two) return std::nullopt;
  return "numeric takes [\"=\", n], one of < <= > >= with a number, or a lower and an upper bound "
         "(-5e9 to 5e9)";
}

Wrong CheckOperator(const Struct& alternative) {
  if (alternative.fields().size() != 1) return "an operator must be an object of one field";
  const auto& [name, value] = *alternative.fields().begin();
  if (name == "prefix" || name == "suffix") return CheckAffix(value);
  if (name == kIgnoreCase) return CheckText(value);
  if (name == "anything-but") return CheckAnythingBut(value);
  if (name == "numeric") return CheckNumeric(value);
  if (name == "wildcard") return CheckWildcard(value);
  if (name == "exists") {
    if (value.kind_case() == Value::kBoolValue) return std::nullopt;
    return "exists takes true or false";
  }
  if (name == "cidr") {
    if (value.kind_case() == Value::kStringValue && IsCidr(value.string_value())) {
      return std::nullopt;
    }
    return "cidr takes an address, a slash and a number of bits";
  }
  return absl::StrCat("there is no operator ", base::Quoted(name));
}

Wrong CheckAlternatives(const std::string& field, const ListValue& list) {
  if (list.values().empty()) return absl::StrCat(base::Quoted(field), " has an empty list");
  for (const Value& alternative : list.values()) {
    if (alternative.kind_case() == Value::kListValue) {
      return absl::StrCat(base::Quoted(field), " has a list in its list");
    }
    if (alternative.kind_case() != Value::kStructValue) continue;
    if (Wrong wrong = CheckOperator(alternative.struct_value()); wrong.has_value()) {
      return absl::StrCat(base::Quoted(field), ": ", *wrong);
    }
  }
  return std::nullopt;
}

Wrong CheckOr(const Value& value, PatternDepth depth) {
  const auto& list = value.list_value().values();
  if (list.size() < 2) return "$or takes a list of two objects or more";
  for (const Value& each : list) {
    if (each.kind_case() != Value::kStructValue) return "$or takes objects";
    if (Wrong wrong = WhyNoPattern(each.struct_value(), depth); wrong.has_value()) return wrong;
  }
  return std::nullopt;
}

Wrong CheckField(const std::string& name, const Value& value, PatternDepth depth) {
  if (name == kOr) return CheckOr(value, depth);
  if (value.kind_case() == Value::kListValue) return CheckAlternatives(name, value.list_value());
  if (value.kind_case() == Value::kStructValue && depth == PatternDepth::kAny) {
    return WhyNoPattern(value.struct_value(), depth);
  }
  return absl::StrCat(base::Quoted(name), depth == PatternDepth::kAny
                                              ? " is neither an object nor a list"
                                              : " is no list");
}

}  // namespace

std::optional<std::string> WhyNoPattern(const Struct& pattern, PatternDepth depth) {
  if (pattern.fields().empty()) return "an object is empty";
  // In the order of the names, so that the same pattern always gets the same answer.
  const std::map<std::string, Value> fields(pattern.fields().begin(), pattern.fields().end());
  for (const auto& [name, value] : fields) {
    if (Wrong wrong = CheckField(name, value, depth); wrong.has_value()) return wrong;
  }
  return std::nullopt;
}

}  // namespace cloudlet::triggers
