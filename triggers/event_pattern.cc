// Patterns are checked when they are read, so that matching meets no surprises.
#include "triggers/event_pattern.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/json_struct.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "cloudlet/error.h"
#include "triggers/json.h"
#include "triggers/pattern_check.h"
#include "triggers/pattern_values.h"

namespace cloudlet::triggers {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr size_t kMaxPatternBytes = 4096;
constexpr size_t kMaxPolicyBytes = 256 << 10;
constexpr char kOr[] = "$or";
constexpr char kIgnoreCase[] = "equals-ignore-case";

// --- Matching ---

// A single value of an event.
struct Leaf {
  const Value* value;
  std::optional<double> number;

  bool is_text() const { return value->kind_case() == Value::kStringValue; }
  const std::string& text() const { return value->string_value(); }
};

void AddLeaves(const Value& value, bool of_texts, std::vector<Leaf>* leaves) {
  if (value.kind_case() == Value::kListValue) {
    for (const Value& each : value.list_value().values()) AddLeaves(each, of_texts, leaves);
    return;
  }
  if (value.kind_case() == Value::kStructValue) return;
  Leaf leaf{&value, std::nullopt};
  double number = 0;
  if (value.kind_case() == Value::kNumberValue) {
    leaf.number = value.number_value();
  } else if (of_texts && leaf.is_text() && IsJson(leaf.text()) &&
             absl::SimpleAtod(leaf.text(), &number)) {
    leaf.number = number;
  }
  leaves->push_back(leaf);
}

bool Equals(const Value& pattern, const Leaf& leaf) {
  switch (pattern.kind_case()) {
    case Value::kNumberValue:
      return leaf.number == pattern.number_value();
    case Value::kStringValue:
      return leaf.is_text() && leaf.text() == pattern.string_value();
    case Value::kBoolValue:
      return leaf.value->kind_case() == Value::kBoolValue &&
             leaf.value->bool_value() == pattern.bool_value();
    case Value::kNullValue:
      return leaf.value->kind_case() == Value::kNullValue;
    default:
      return false;
  }
}

bool HasAffix(const std::string& name, const Value& affix, std::string_view text) {
  const bool ignore_case = affix.kind_case() == Value::kStructValue;
  const std::string_view wanted = ignore_case
                                      ? affix.struct_value().fields().begin()->second.string_value()
                                      : affix.string_value();
  if (text.size() < wanted.size()) return false;
  const std::string_view part =
      name == "prefix" ? text.substr(0, wanted.size()) : text.substr(text.size() - wanted.size());
  return ignore_case ? EqualsIgnoreCase(part, wanted) : part == wanted;
}

bool TextMatches(const std::string& name, const Value& wanted, std::string_view text) {
  if (name == "prefix" || name == "suffix") return HasAffix(name, wanted, text);
  if (name == kIgnoreCase) return EqualsIgnoreCase(wanted.string_value(), text);
  if (name == "wildcard") return MatchesWildcard(wanted.string_value(), text);
  return name == "cidr" && InCidr(wanted.string_value(), text);
}

// What anything-but lists is none of it.
bool IsNoneOf(const Value& listed, const Leaf& leaf) {
  const auto none = [](const Value& value, const auto& is) {
    if (value.kind_case() != Value::kListValue) return !is(value);
    const auto& values = value.list_value().values();
    return std::none_of(values.begin(), values.end(), is);
  };
  if (listed.kind_case() != Value::kStructValue) {
    return none(listed, [&](const Value& value) { return Equals(value, leaf); });
  }
  const auto& [name, values] = *listed.struct_value().fields().begin();
  return none(values, [&, &op = name](const Value& value) {
    return leaf.is_text() && TextMatches(op, value, leaf.text());
  });
}

bool Compares(const std::string& op, double number, double with) {
  if (op == "=") return number == with;
  if (op == "<") return number < with;
  if (op == "<=") return number <= with;
  if (op == ">") return number > with;
  return number >= with;
}

bool MatchesNumeric(const ListValue& comparisons, double number) {
  for (int i = 0; i + 1 < comparisons.values_size(); i += 2) {
    if (!Compares(comparisons.values(i).string_value(), number,
                  comparisons.values(i + 1).number_value())) {
      return false;
    }
  }
  return true;
}

bool LeafMatches(const Value& alternative, const Leaf& leaf) {
  if (alternative.kind_case() != Value::kStructValue) return Equals(alternative, leaf);
  const auto& [name, value] = *alternative.struct_value().fields().begin();
  if (name == "anything-but") return IsNoneOf(value, leaf);
  if (name == "numeric") {
    return leaf.number.has_value() && MatchesNumeric(value.list_value(), *leaf.number);
  }
  return leaf.is_text() && TextMatches(name, value, leaf.text());
}

// The value of {"exists": ...}; nullopt for another alternative.
std::optional<bool> AsksToExist(const Value& alternative) {
  if (alternative.kind_case() != Value::kStructValue) return std::nullopt;
  const auto& [name, value] = *alternative.struct_value().fields().begin();
  if (name != "exists") return std::nullopt;
  return value.bool_value();
}

bool AnyMatches(const ListValue& alternatives, const std::vector<Leaf>& leaves) {
  for (const Value& alternative : alternatives.values()) {
    if (const std::optional<bool> exists = AsksToExist(alternative); exists.has_value()) {
      if (*exists != leaves.empty()) return true;
      continue;
    }
    if (std::any_of(leaves.begin(), leaves.end(),
                    [&](const Leaf& leaf) { return LeafMatches(alternative, leaf); })) {
      return true;
    }
  }
  return false;
}

bool ObjectMatches(const Struct& pattern, const Struct* event, bool of_texts);

// `field` null: it is not there.
bool NestedMatches(const Struct& pattern, const Value* field, bool of_texts) {
  if (field != nullptr && field->kind_case() == Value::kStructValue) {
    return ObjectMatches(pattern, &field->struct_value(), of_texts);
  }
  if (field != nullptr && field->kind_case() == Value::kListValue &&
      !field->list_value().values().empty()) {
    const auto& values = field->list_value().values();
    return std::any_of(values.begin(), values.end(),
                       [&](const Value& each) { return NestedMatches(pattern, &each, of_texts); });
  }
  return ObjectMatches(pattern, nullptr, of_texts);
}

// `event` null: nothing of it is there.
bool FieldMatches(const std::string& name, const Value& wanted, const Struct* event,
                  bool of_texts) {
  if (name == kOr) {
    const auto& each = wanted.list_value().values();
    return std::any_of(each.begin(), each.end(), [&](const Value& pattern) {
      return ObjectMatches(pattern.struct_value(), event, of_texts);
    });
  }
  const Value* field = nullptr;
  if (event != nullptr) {
    const auto found = event->fields().find(name);
    if (found != event->fields().end()) field = &found->second;
  }
  if (wanted.kind_case() == Value::kStructValue) {
    return NestedMatches(wanted.struct_value(), field, of_texts);
  }
  std::vector<Leaf> leaves;
  if (field != nullptr) AddLeaves(*field, of_texts, &leaves);
  return AnyMatches(wanted.list_value(), leaves);
}

bool ObjectMatches(const Struct& pattern, const Struct* event, bool of_texts) {
  return std::all_of(pattern.fields().begin(), pattern.fields().end(), [&](const auto& field) {
    return FieldMatches(field.first, field.second, event, of_texts);
  });
}

}  // namespace

absl::StatusOr<JsonObject> JsonObject::Parse(std::string_view text) {
  auto fields = std::make_shared<Struct>();
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{' || !IsJson(text) ||
      !google::protobuf::util::JsonStringToMessage(std::string(text), fields.get()).ok()) {
    return absl::InvalidArgumentError("it is no JSON object");
  }
  return JsonObject(std::move(fields));
}

JsonObject JsonObject::OfTexts(const std::map<std::string, std::string>& texts) {
  auto fields = std::make_shared<Struct>();
  for (const auto& [name, text] : texts) {
    (*fields->mutable_fields())[name].set_string_value(text);
  }
  return JsonObject(std::move(fields));
}

absl::StatusOr<EventPattern> EventPattern::Parse(std::string_view json) {
  if (json.size() > kMaxPatternBytes) {
    return MakeError(ErrorCode::kInvalidEventPattern,
                     absl::StrCat("it has ", json.size(), " bytes, more than ", kMaxPatternBytes));
  }
  const absl::StatusOr<JsonObject> pattern = JsonObject::Parse(json);
  if (!pattern.ok()) {
    return MakeError(ErrorCode::kInvalidEventPattern, base::S(pattern.status().message()));
  }
  if (const auto wrong = WhyNoPattern(pattern->fields(), PatternDepth::kAny); wrong.has_value()) {
    return MakeError(ErrorCode::kInvalidEventPattern, *wrong);
  }
  return EventPattern(*pattern, false);
}

absl::StatusOr<EventPattern> EventPattern::ParseFilterPolicy(std::string_view json) {
  const auto refused = [](std::string_view why) {
    return MakeError(ErrorCode::kInvalidParameterValue,
                     absl::StrCat("filter policy: ", base::V(why)));
  };
  if (json.size() > kMaxPolicyBytes) return refused("it has more than 262144 bytes");
  const absl::StatusOr<JsonObject> policy = JsonObject::Parse(json);
  if (!policy.ok()) return refused(base::S(policy.status().message()));
  if (!policy->fields().fields().empty()) {
    const auto wrong = WhyNoPattern(policy->fields(), PatternDepth::kOne);
    if (wrong.has_value()) return refused(*wrong);
  }
  return EventPattern(*policy, true);
}

bool EventPattern::Matches(const JsonObject& event) const {
  return ObjectMatches(pattern_.fields(), &event.fields(), of_texts_);
}

}  // namespace cloudlet::triggers
