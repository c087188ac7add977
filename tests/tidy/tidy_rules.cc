// Rules of the tree: the tables first, then how a file is cut into lines and code, then the checks.
//
// To allow a file what its room may not do, add it to the rule's `except` with the reason beside
// it.
#include "tests/tidy/tidy_rules.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>

namespace cloudlet::tidy {
namespace {

using Strings = std::vector<std::string_view>;

constexpr size_t kMaxLines = 800;

// --- Tables ---

const Strings& LibraryRooms() {
  static const Strings rooms = {"api/",   "base/",    "objstore/", "triggers/",
                                "cloud/", "testing/", "edge/",     "http/"};
  return rooms;
}

// Path prefix of the including file -> path prefixes it may include, besides its own folder and
// api/. The longest prefix that fits decides.
const std::map<std::string_view, Strings>& Layers() {
  static const std::map<std::string_view, Strings> layers = {
      {"api/", {}},
      {"base/", {}},
      {"objstore/kv/", {"base/"}},
      {"objstore/", {"base/"}},
      {"triggers/", {"objstore/ledger.h", "objstore/rules.h", "base/"}},
      // The ledger and the clock that its tests stand on.
      {"triggers/testing/",
       {"triggers/", "objstore/ledger.h", "objstore/rules.h", "base/",
        "testing/simulated_clock.h"}},
      {"cloud/", {"triggers/", "objstore/", "base/"}},
      {"edge/", {"base/"}},
      {"http/", {"base/"}},
      {"testing/", {"cloud/", "objstore/", "base/"}},
      {"examples/", {"testing/"}},
      {"apps/", {"testing/", "edge/", "http/"}},
      {"bench/", {"testing/", "cloud/", "triggers/", "objstore/", "edge/", "base/"}},
      {"tests/",
       {"testing/", "cloud/", "triggers/", "objstore/", "base/", "examples/", "edge/", "http/"}},
  };
  return layers;
}

// What a test beside the code may include on top: whatever its room stands on, and a fake to stand
// on it.
const std::map<std::string_view, Strings>& TestLayers() {
  static const std::map<std::string_view, Strings> layers = {
      {"base/", {"testing/simulated_clock.h"}},
      {"triggers/", {"objstore/", "testing/simulated_clock.h"}},
      {"cloud/", {"testing/"}},
      {"edge/", {"testing/"}},
      {"http/", {"testing/"}},
      {"testing/", {"triggers/"}},
  };
  return layers;
}

enum class Files { kAll, kTests, kNotTests, kHeaders };

struct Ban {
  std::string_view rule;
  Strings names;   // identifiers, possibly qualified; one that ends in '(' is a call
  Strings rooms;   // path prefixes where the names are banned; empty: everywhere
  Strings except;  // path prefixes where they are allowed all the same
  Files files = Files::kAll;
  std::string_view why;
};

const std::vector<Ban>& Bans() {
  static const std::vector<Ban> bans = {
      {"string_view",
       {"absl::string_view"},
       {"api/", "testing/testing"},
       {},
       Files::kHeaders,
       "public signatures take std::string_view"},
      {"regex", {"std::regex", "std::basic_regex"}, {}, {}, Files::kAll, "parse by hand"},
      {"terminal",
       {"std::cout", "std::cerr", "std::clog", "printf(", "fprintf(", "vprintf(", "puts(",
        "perror("},
       LibraryRooms(),
       {},
       Files::kNotTests,
       "a library writes to the log callback"},
      {"randomness",
       {"std::random_device",
        "std::mt19937",
        "std::mt19937_64",
        "std::shuffle",
        "std::sample",
        "std::rand(",
        "std::default_random_engine",
        "std::minstd_rand",
        "absl::BitGen",
        "absl::InsecureBitGen",
        "absl::Uniform",
        "absl::Bernoulli",
        "absl::Zipf",
        "absl::Exponential",
        "absl::Gaussian",
        "absl::Poisson",
        "std::uniform_int_distribution",
        "std::uniform_real_distribution",
        "std::bernoulli_distribution",
        "std::normal_distribution",
        "std::exponential_distribution",
        "std::discrete_distribution",
        "std::poisson_distribution",
        "std::geometric_distribution"},
       {},
       {"base/"},
       Files::kAll,
       "a seed must mean the same everywhere: use base/random.h"},
      {"sleep",
       {"std::this_thread::sleep_for", "std::this_thread::sleep_until", "sleep_for", "sleep_until",
        "absl::SleepFor", "usleep(", "nanosleep(", "sleep("},
       {},
       {"base/", "bench/", "examples/"},
       Files::kAll,
       "wait for the condition, or move the clock"},
      {"sleep",
       {"sleep_for", "sleep_until", "absl::SleepFor", "usleep(", "nanosleep(", "sleep("},
       {"base/", "bench/", "examples/"},
       {},
       Files::kTests,
       "wait for the condition, or move the clock"},
      {"wall clock",
       {"absl::Now(", "system_clock::now(", "gettimeofday(", "time(nullptr)",
        "absl::GetCurrentTimeNanos("},
       {},
       // rocks_kv_log: a line of the log carries the machine's time, whatever the Cloud's clock
       // says.
       {"base/", "bench/", "examples/", "objstore/kv/rocks_kv_log"},
       Files::kAll,
       "time comes from Clock"},
      {"mutex",
       {"absl::Mutex", "absl::MutexLock", "absl::ReaderMutexLock", "absl::WriterMutexLock",
        "absl::CondVar"},
       {},
       {"base/mutex"},
       Files::kAll,
       "ThreadSanitizer cannot see it: use base/mutex.h"},
  };
  return bans;
}

// Where RocksDB's headers may be included.
const Strings& RocksDbFiles() {
  static const Strings files = {"objstore/kv/rocks_kv", "objstore/kv/power_loss", "bench/"};
  return files;
}

// In every text, comments and documentation included. Words stand alone, in any case.
const Strings& BannedWords() {
  static const Strings words = {"todo", "fixme", "stub", "placeholder", "for now"};
  return words;
}

const Strings& BannedText() {
  static const Strings text = {
      // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): this file is searched, too
      "/wo"
      "rk/",
      "/root/",
      "/home/",
      "/tmp/ob",
      "deb.debian.org",
      "pypi.org/",
      "npmjs.org",
      "crates.io/",
      "proxy.golang.org"};
  return text;
}

// --- Text ---

bool StartsWithAny(std::string_view path, const Strings& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) {
    return path.substr(0, prefix.size()) == prefix;
  });
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool IsCode(std::string_view path) { return EndsWith(path, ".h") || EndsWith(path, ".cc"); }

bool IsTest(std::string_view path) {
  const auto has = [&](std::string_view part) { return path.find(part) != std::string_view::npos; };
  return EndsWith(path, "_test.cc") || has("conformance") || has("differential") ||
         StartsWithAny(path, {"tests/"});
}

bool IsWordChar(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Where `name` stands in `line` as a whole word ("x.name" and "y::name" count, "xname" does not);
// npos if not. A name that ends in '(' needs no word end.
size_t FindName(std::string_view line, std::string_view name) {
  for (size_t at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool begins = at == 0 || !IsWordChar(line[at - 1]);
    const bool ends = !IsWordChar(name.back()) || end == line.size() || !IsWordChar(line[end]);
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// Blanks [from, to) but for line breaks.
void Blank(std::string* text, size_t from, size_t to) {
  for (size_t i = from; i < std::min(to, text->size()); ++i) {
    if ((*text)[i] != '\n') (*text)[i] = ' ';
  }
}

// The end of the literal or comment that begins at `at`; `at` itself where none does.
size_t EndOfBlank(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  const auto after = [&](std::string_view end, size_t from) {
    const size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  if (rest.substr(0, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (rest.substr(0, 2) == "/*") return after("*/", at + 2);
  if (rest.substr(0, 2) == "R\"" && (at == 0 || !IsWordChar(text[at - 1]))) {
    const size_t open = std::min(text.find('(', at), text.size());
    return after(")" + std::string(text.substr(at + 2, open - at - 2)) + "\"", open);
  }
  // An apostrophe after a word character separates digits.
  if (rest[0] != '"' && (rest[0] != '\'' || (at > 0 && IsWordChar(text[at - 1])))) return at;
  size_t i = at + 1;
  while (i < text.size() && text[i] != rest[0] && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
  return i + 1;
}

// --- Checks ---

class FileCheck {
 public:
  FileCheck(std::string_view path, std::string_view text) : path_(path), lines_(Lines(text)) {
    if (IsCode(path)) code_ = CodeOnly(text);
  }

  std::vector<Violation> Run() {
    CheckText();
    if (IsCode(path_)) {
      CheckBanner();
      int number = 0;
      for (std::string_view line : Lines(code_)) CheckCodeLine(++number, line);
    }
    return std::move(found_);
  }

 private:
  void Report(int line, std::string_view rule, std::string detail) {
    found_.push_back({std::string(path_), line, std::string(rule), std::move(detail)});
  }

  void CheckText() {
    if (lines_.size() > kMaxLines && !EndsWith(path_, ".md") && path_ != "LICENSE") {
      Report(0, "length",
             std::to_string(lines_.size()) + " lines, at most " + std::to_string(kMaxLines));
    }
    if (StartsWithAny(path_, {"tests/tidy/"})) return;  // names what it bans
    for (size_t i = 0; i < lines_.size(); ++i) {
      const int number = static_cast<int>(i) + 1;
      for (std::string_view text : BannedText()) {
        if (lines_[i].find(text) != std::string_view::npos)
          Report(number, "machine", std::string(text));
      }
      const std::string lower = Lower(lines_[i]);
      for (std::string_view word : BannedWords()) {
        if (FindName(lower, word) != std::string_view::npos)
          Report(number, "word", std::string(word));
      }
    }
  }

  // Good ones have 3 to 15 lines, which is for a reader to judge; here it must only be there.
  void CheckBanner() {
    if (lines_.empty() || lines_[0].substr(0, 3) != "// ") {
      Report(1, "banner", "does not begin with a comment that says what is in here");
    }
  }

  void CheckCodeLine(int number, std::string_view line) {
    const size_t hash = line.find_first_not_of(' ');
    if (hash != std::string_view::npos && line[hash] == '#' &&
        line.find("include") != std::string_view::npos) {
      CheckInclude(number, line);
      return;
    }
    // What C++20 ends before the first step: the StatusOr that value() lies in.
    if (FindName(line, "for (") != std::string_view::npos &&
        line.find(" : ") != std::string_view::npos && EndsWith(line, ").value()) {")) {
      Report(number, "dangling", "a range-for over value() of a temporary: give it a name");
    }
    for (const Ban& ban : Bans()) {
      if (ban.files == Files::kTests && !IsTest(path_)) continue;
      if (ban.files == Files::kNotTests && IsTest(path_)) continue;
      if (ban.files == Files::kHeaders && !EndsWith(path_, ".h")) continue;
      if (!ban.rooms.empty() && !StartsWithAny(path_, ban.rooms)) continue;
      if (StartsWithAny(path_, ban.except)) continue;
      for (std::string_view name : ban.names) {
        if (FindName(line, name) == std::string_view::npos) continue;
        Report(number, ban.rule, std::string(name) + ": " + std::string(ban.why));
        break;
      }
    }
  }

  void CheckInclude(int number, std::string_view line) {
    const size_t open = line.find_first_of("<\"");
    if (open == std::string_view::npos) return;
    const std::string_view header =
        line.substr(open + 1, line.find_first_of(">\"", open + 1) - open - 1);
    if (StartsWithAny(header, {"rocksdb/"}) && !StartsWithAny(path_, RocksDbFiles())) {
      Report(number, "rocksdb",
             std::string(header) + ": only the engine and its tests know RocksDB");
    }
    if (header == "regex") Report(number, "regex", "<regex>: parse by hand");
    if ((header == "random" || StartsWithAny(header, {"absl/random/"})) &&
        !StartsWithAny(path_, {"base/"})) {
      Report(number, "randomness", std::string(header) + ": use base/random.h");
    }
    if (StartsWithAny(path_, {"api/"})) CheckApiInclude(number, header, line[open] == '<');
    if (line[open] == '"') CheckLayer(number, header);
  }

  void CheckApiInclude(int number, std::string_view header, bool angled) {
    if (EndsWith(header, ".pb.h")) {
      Report(number, "generated", std::string(header) + ": no generated header in api/");
    } else if (header == "absl/strings/string_view.h" && EndsWith(path_, ".h")) {
      Report(number, "string_view", "public signatures take std::string_view");
    } else if (!IsTest(path_) && !StartsWithAny(header, {"absl/", "cloudlet/"}) &&
               !(angled && header.find('/') == std::string_view::npos)) {
      Report(number, "layer",
             std::string(header) + ": api/ includes Abseil and the standard library only");
    }
  }

  void CheckLayer(int number, std::string_view header) {
    if (header.find('/') == std::string_view::npos) {
      Report(number, "layer",
             std::string(header) + ": include paths begin at the workspace's root");
      return;
    }
    if (StartsWithAny(header, {"cloudlet/"})) {
      if (!StartsWithAny(header, {"cloudlet/testing"})) return;
      header =
          StartsWithAny(header, {"cloudlet/testing/"}) ? header.substr(9) : "testing/testing.h";
    }
    const std::string_view room = header.substr(0, header.find('/') + 1);
    if (Layers().count(room) == 0 || Allowed(Layers(), header)) return;
    if (IsTest(path_) && Allowed(TestLayers(), header)) return;
    Report(number, "layer",
           std::string(path_.substr(0, path_.rfind('/') + 1)) + " may not include " +
               std::string(header));
  }

  // Whether `header` lies in this file's own room or in what the table gives to that room.
  bool Allowed(const std::map<std::string_view, Strings>& layers, std::string_view header) const {
    const Strings* allowed = nullptr;
    std::string_view own;
    for (const auto& [prefix, targets] : layers) {
      if (!StartsWithAny(path_, {prefix}) || prefix.size() < own.size()) continue;
      own = prefix;
      allowed = &targets;
    }
    return allowed != nullptr && (StartsWithAny(header, {own}) || StartsWithAny(header, *allowed));
  }

  std::string_view path_;
  std::vector<std::string_view> lines_;
  std::string code_;
  std::vector<Violation> found_;
};

bool IsText(const std::filesystem::path& path) {
  static const Strings endings = {".h",  ".cc",  ".bzl", ".bazel", ".md",     ".py",
                                  ".sh", ".txt", ".yml", ".proto", ".bazelrc"};
  const std::string name = path.filename().string();
  return path.extension().empty() ||
         std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view e) { return EndsWith(name, e); });
}

std::vector<std::string> FileNames(const std::filesystem::path& root) {
  static const Strings folders = {"api",  "base",  "objstore", "triggers", "cloud", "testing",
                                  "edge", "http",  "apps",     "examples", "bench", "tests",
                                  "docs", "tools", "bazel",    ".ci"};
  std::vector<std::string> names;
  const auto add = [&](const std::filesystem::directory_entry& entry) {
    if (entry.is_symlink() || !entry.is_regular_file() || !IsText(entry.path())) return;
    if (entry.path().filename() == ".git") return;  // of a linked worktree: where the rest is
    names.push_back(entry.path().lexically_relative(root).generic_string());
  };
  for (const auto& entry : std::filesystem::directory_iterator(root)) add(entry);
  for (std::string_view folder : folders) {
    if (!std::filesystem::is_directory(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder))
      add(entry);
  }
  names.erase(std::remove(names.begin(), names.end(), "user.bazelrc"), names.end());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string CodeOnly(std::string_view text) {
  std::string code(text);
  bool line_start = true;
  for (size_t at = 0; at < text.size();) {
    if (line_start && text.substr(at, 8) == "#include") {
      // The path stays; a comment behind it goes with the next turn.
      const size_t open = std::min(text.find_first_of("<\"\n", at), text.size());
      const size_t close = std::min(text.find_first_of(">\"\n", open + 1), text.size());
      at = open < text.size() && text[open] == '\n' ? open : close + 1;
      line_start = false;
      continue;
    }
    const size_t end = EndOfBlank(text, at);
    if (end > at) {
      const bool comment = text[at] == '/';
      Blank(&code, comment ? at : at + 1, comment ? end : end - 1);
      at = end;
      line_start = false;
    } else {
      line_start = text[at] == '\n';
      ++at;
    }
  }
  return code;
}

std::vector<Violation> CheckFile(std::string_view path, std::string_view text) {
  return FileCheck(path, text).Run();
}

std::vector<Violation> CheckTree(const std::filesystem::path& root) {
  std::vector<Violation> all;
  for (const std::string& name : FileNames(root)) {
    std::ifstream file(root / name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    std::vector<Violation> found = CheckFile(name, text);
    all.insert(all.end(), std::make_move_iterator(found.begin()),
               std::make_move_iterator(found.end()));
  }
  return all;
}

size_t FilesIn(const std::filesystem::path& root) { return FileNames(root).size(); }

}  // namespace cloudlet::tidy
