// Runs a fuzz target over its seeds and what some random changes make of them: short, the same for
// the same seed, and part of every test run. CLOUDLET_TEST_SEED repeats a run.
#include <cstdlib>
#include <string>
#include <vector>

#include "base/random.h"
#include "gtest/gtest.h"
#include "http/fuzz/fuzz.h"

namespace cloudlet::http {
namespace {

constexpr int kRuns = 20000;
constexpr size_t kMaxBytes = 1 << 16;

void RunOne(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

void Change(base::Random& random, std::string& text) {
  const std::vector<std::string>& seeds = FuzzSeeds();
  static const std::string kTokens[] = {"\r\n", "%",    "%2F", "%00", "+", "=",  "&",
                                        ";",    ":",    "--",  "\"",  "0", "ff", "{}",
                                        "\n",   "\xC3", "/",   "AWS", ","};
  const size_t at = random.Below(text.size() + 1);
  switch (random.Below(6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(random.Next());
      break;
    case 1:
      text.insert(at, kTokens[random.Below(std::size(kTokens))]);
      break;
    case 2:
      text.erase(at, random.Below(8));
      break;
    case 3: {  // a piece of another seed
      const std::string& other = seeds[random.Below(seeds.size())];
      const size_t begin = random.Below(other.size() + 1);
      text.insert(at, other.substr(begin, random.Below(64)));
      break;
    }
    case 4:  // a piece twice
      text.insert(at, text.substr(at, random.Below(64)));
      break;
    default:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.Below(8)));
  }
  if (text.size() > kMaxBytes) text.resize(kMaxBytes);
}

TEST(FuzzSmokeTest, SeedsAndWhatChangesMakeOfThem) {
  const char* const given = std::getenv("CLOUDLET_TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (const std::string& text : FuzzSeeds()) RunOne(text);
  RunOne("");
  for (int i = 0; i < kRuns; ++i) {
    std::string text = FuzzSeeds()[random.Below(FuzzSeeds().size())];
    for (uint64_t changes = 1 + random.Below(4); changes > 0; --changes) Change(random, text);
    RunOne(text);
  }
}

}  // namespace
}  // namespace cloudlet::http
