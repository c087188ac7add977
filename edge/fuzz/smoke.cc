// Runs a fuzz target over its seeds and what some random changes make of them: short, the same for
// the same seed, and part of every test run. CLOUDLET_TEST_SEED repeats a run, CLOUDLET_FUZZ_RUNS
// makes it longer, and CLOUDLET_FUZZ_CORPUS names a folder for the seeds, which libFuzzer, that
// does not know of them, is to begin with.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/random.h"
#include "edge/fuzz/fuzz.h"
#include "gtest/gtest.h"

namespace cloudlet::edge {
namespace {

uint64_t NumberIn(const char* variable, uint64_t otherwise) {
  const char* const given = std::getenv(variable);
  return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
}

void RunOne(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

void Change(base::Random* random, std::string* text) {
  static const std::string kTokens[] = {
      ",",  ";",  "=",  "\"",       "\\", "-",   "0", "9999999999", " ", "\t",   "*",       "/",
      "\n", "..", "W/", "no-cache", "?1", "GMT", "(", ")",          ":", "\xC3", "max-age="};
  const std::vector<std::string>& seeds = FuzzSeeds();
  const size_t at = random->Below(text->size() + 1);
  switch (random->Below(5)) {
    case 0:
      if (at < text->size()) (*text)[at] = static_cast<char>(random->Next());
      break;
    case 1:
      text->insert(at, kTokens[random->Below(std::size(kTokens))]);
      break;
    case 2:
      text->erase(at, random->Below(8));
      break;
    case 3: {  // a piece of another seed
      const std::string& other = seeds[random->Below(seeds.size())];
      text->insert(at, other.substr(random->Below(other.size() + 1), random->Below(64)));
      break;
    }
    default:  // a piece twice
      text->insert(at, text->substr(at, random->Below(64)));
  }
}

TEST(FuzzSmokeTest, SeedsAndWhatChangesMakeOfThem) {
  const uint64_t seed = NumberIn("CLOUDLET_TEST_SEED", 1);
  SCOPED_TRACE(seed);
  base::Random random(seed);
  for (const std::string& text : FuzzSeeds()) RunOne(text);
  RunOne("");
  for (uint64_t i = NumberIn("CLOUDLET_FUZZ_RUNS", 5'000); i > 0; --i) {
    std::string text = FuzzSeeds()[random.Below(FuzzSeeds().size())];
    for (uint64_t changes = 1 + random.Below(4); changes > 0; --changes) Change(&random, &text);
    RunOne(text);
  }
}

TEST(FuzzSmokeTest, SeedsAreWrittenForLibFuzzer) {
  const char* const given = std::getenv("CLOUDLET_FUZZ_CORPUS");
  const std::string folder = given != nullptr ? given : ::testing::TempDir();
  int number = 0;
  for (const std::string& seed : FuzzSeeds()) {
    const std::string path = folder + "/seed_" + std::to_string(number++);
    std::ofstream(path, std::ios::binary) << seed;
    std::ifstream back(path, std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(back), {}), seed) << path;
  }
}

}  // namespace
}  // namespace cloudlet::edge
