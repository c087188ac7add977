// Lines and how they are written out: see fake_log.h for the form, log_book.h for the sharing.
#include "cloudlet/testing/fake_log.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/strings.h"
#include "testing/log_book.h"

namespace cloudlet::testing {
namespace kit_internal {
namespace {

constexpr size_t kTimeColumns = 8;  // longer times push their line to the right

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Whether a UUID begins here.
bool IsUuid(std::string_view text) {
  constexpr size_t kLength = 36;
  if (text.size() < kLength) return false;
  for (size_t i = 0; i < kLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

// Appends `text` with its UUIDs replaced by their number in `ids`.
void AppendPlain(std::string_view text, std::map<std::string, size_t, std::less<>>* ids,
                 std::string* out) {
  while (!text.empty()) {
    if (!IsUuid(text)) {
      const char c = text.front();
      if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) {
        absl::StrAppend(out, "\\x", base::V(base::HexLower(text.substr(0, 1))));
      } else {
        out->push_back(c);
      }
      text.remove_prefix(1);
      continue;
    }
    const std::string id(text.substr(0, 36));
    const size_t number = ids->emplace(id, ids->size() + 1).first->second;
    absl::StrAppend(out, "<id ", number, ">");
    text.remove_prefix(36);
  }
}

}  // namespace

void LogBook::Add(absl::Time now, std::string text) {
  base::MutexLock lock(&mu_);
  lines_.push_back({now, std::move(text)});
  const size_t before = before_ == nullptr ? 0 : before_->total;
  if (before + lines_.size() <= kMostLines) return;
  if (before_ != nullptr) {
    gone_ += before;
    before_.reset();
  } else {
    ++gone_;
    lines_.pop_front();
  }
}

std::vector<const LogBook::Line*> LogBook::Lines() const {
  std::vector<const Pages*> pages;
  for (const Pages* page = before_.get(); page != nullptr; page = page->before.get()) {
    pages.push_back(page);
  }
  std::vector<const Line*> lines;
  for (auto page = pages.rbegin(); page != pages.rend(); ++page) {
    for (const Line& line : (*page)->lines) lines.push_back(&line);
  }
  for (const Line& line : lines_) lines.push_back(&line);
  return lines;
}

std::string LogBook::ToText(size_t most) const {
  base::MutexLock lock(&mu_);
  const std::vector<const Line*> lines = Lines();
  std::string text;
  // Those that are not shown are read too: an id has the same number in every text.
  std::map<std::string, size_t, std::less<>> ids;
  if (gone_ > 0 && most >= lines.size()) absl::StrAppend(&text, "(", gone_, " lines before)\n");
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string line = absl::StrCat("+", absl::FormatDuration(lines[i]->time - start_));
    line.append(line.size() < kTimeColumns ? kTimeColumns - line.size() : 0, ' ');
    line.push_back(' ');
    AppendPlain(lines[i]->text, &ids, &line);
    if (i + most >= lines.size() || most >= lines.size()) absl::StrAppend(&text, line, "\n");
  }
  return text;
}

std::shared_ptr<LogBook> LogBook::Fork() {
  base::MutexLock lock(&mu_);
  if (!lines_.empty()) {
    auto pages = std::make_shared<Pages>();
    pages->total = lines_.size() + (before_ == nullptr ? 0 : before_->total);
    pages->lines.swap(lines_);
    pages->before = std::move(before_);
    before_ = std::move(pages);
  }
  auto fork = std::make_shared<LogBook>(start_);
  base::MutexLock fork_lock(&fork->mu_);
  fork->before_ = before_;
  fork->gone_ = gone_;
  return fork;
}

}  // namespace kit_internal

std::string FakeLog::ToText() const { return book_->ToText(kit_internal::LogBook::kMostLines); }
std::string FakeLog::Tail(size_t lines) const { return book_->ToText(lines); }

}  // namespace cloudlet::testing
