// JSON, written: strings that are always UTF-8, times, and the commas between fields.
//
//   JsonWriter out;
//   out.Open();
//   out.Text("name", value);
//   out.Close();
//   out.Take();  // {"name":"..."}
//
// Functions: pure, any thread. JsonWriter: one thread at a time.
#ifndef CLOUDLET_BASE_JSON_TEXT_H_
#define CLOUDLET_BASE_JSON_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"

namespace cloudlet::base {

// Appends `text` as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
void AppendJsonString(std::string* out, std::string_view text);

// 2026-07-16T18:42:13.683Z
std::string JsonTime(absl::Time time);

// Objects, lists and fields in the order of the calls. Opening and closing is the caller's to
// balance, and that elements stand in lists, fields in objects.
class JsonWriter {
 public:
  void Open();  // the outermost object, or one that is an element
  void Open(std::string_view name, char bracket = '{');
  void Close(char bracket = '}');
  void Text(std::string_view name, std::string_view value);
  void Number(std::string_view name, uint64_t value);
  void Flag(std::string_view name, bool value);
  void Null(std::string_view name);
  void Json(std::string_view name, std::string_view json);  // a value that is JSON already
  void Element(std::string_view value);
  std::string Take() { return std::move(out_); }

 private:
  void Comma();
  void Name(std::string_view name);

  std::string out_;
  bool first_ = true;  // in the innermost object or list
};

}  // namespace cloudlet::base

#endif  // CLOUDLET_BASE_JSON_TEXT_H_
