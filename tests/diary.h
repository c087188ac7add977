// A diary: what a process that is about to die has done, kept outside of it.
//
// A file of lines, each written by one write(2) in append mode, so that many threads may write and
// a SIGKILL costs at most the end of the last line. A line is words with a blank between them, the
// first says what it is. (The page cache outlives the process; power cuts are simulated by a file
// system that the diary does not go through.)
//
// Threads: Diary::Write from any thread.
#ifndef CLOUDLET_TESTS_DIARY_H_
#define CLOUDLET_TESTS_DIARY_H_

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/strings.h"
#include "tests/test_folder.h"

namespace cloudlet::testing {

class Diary {
 public:
  explicit Diary(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  ~Diary() { ::close(file_); }
  Diary(const Diary&) = delete;
  Diary& operator=(const Diary&) = delete;

  template <typename... Words>
  void Write(std::string_view kind, const Words&... words) {
    std::string line(kind);
    (absl::StrAppend(&line, " ", words), ...);
    line += '\n';
    if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::abort();
  }

 private:
  const int file_;
};

struct DiaryLine {
  std::vector<std::string> words;

  char kind() const { return words[0][0]; }
  const std::string& text(size_t i) const { return words.at(i); }
  uint64_t number(size_t i) const { return std::strtoull(words.at(i).c_str(), nullptr, 10); }
};

// The whole lines of a diary; none when there is no such file.
inline std::vector<DiaryLine> ReadDiary(const std::string& path) {
  const std::string text = ReadWholeFile(path);
  std::vector<DiaryLine> lines;
  size_t begin = 0;
  for (size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::string line = text.substr(begin, end - begin);
    if (!line.empty()) lines.push_back({absl::StrSplit(line, ' ')});
    begin = end + 1;
  }
  return lines;
}

}  // namespace cloudlet::testing

#endif  // CLOUDLET_TESTS_DIARY_H_
