// Results of all tests, then the verdicts: who stands on a failure has none of its own.
#include "edge/conformance/suite_player.h"

#include <map>

#include "edge/conformance/suite_client.h"

namespace cloudlet::edge {
namespace {

constexpr const char* kKinds[] = {"required", "optimal", "check"};

class Judge {
 public:
  explicit Judge(const std::vector<SuiteTest>& tests) {
    for (const SuiteTest& test : tests) tests_.emplace(test.id, &test);
  }
  void Add(const std::string& id, std::optional<SuiteFailure> failure) {
    failures_[id] = std::move(failure);
  }

  SuiteResult Result(const SuiteTest& test) const {
    SuiteResult result = {test.id, test.kind};
    for (const std::string& id : test.depends_on) {
      if (Passes(id)) continue;
      result.verdict = SuiteVerdict::kDependencyFail;
      result.message = "stands on " + id;
      return result;
    }
    const std::optional<SuiteFailure>& failure = failures_.at(test.id);
    if (!failure) return result;
    result.verdict = failure->setup ? SuiteVerdict::kSetupFail : SuiteVerdict::kFail;
    result.message = (failure->setup ? "setup: " : "") + failure->message;
    return result;
  }

 private:
  bool Passes(const std::string& id) const {
    const auto test = tests_.find(id);
    return test != tests_.end() && failures_.count(id) != 0 &&
           Result(*test->second).verdict == SuiteVerdict::kPass;
  }

  std::map<std::string, const SuiteTest*> tests_;
  std::map<std::string, std::optional<SuiteFailure>> failures_;
};

}  // namespace

std::vector<std::string> SuiteScore::Failed(SuiteKind kind) const {
  std::vector<std::string> ids;
  for (const SuiteResult& result : results) {
    if (result.kind == kind && result.verdict != SuiteVerdict::kPass) ids.push_back(result.id);
  }
  return ids;
}

SuiteScore PlaySuite(const std::vector<SuiteTest>& tests, const std::optional<Policy>& policy) {
  Judge judge(tests);
  int number = 0;
  for (const SuiteTest& test : tests) {
    if (!test.browser_only) judge.Add(test.id, PlayTest(test, ++number, policy));
  }
  SuiteScore score;
  for (const SuiteTest& test : tests) {
    if (test.browser_only) continue;
    score.results.push_back(judge.Result(test));
    const auto kind = static_cast<size_t>(test.kind);
    ++score.played[kind];
    if (score.results.back().verdict == SuiteVerdict::kPass) ++score.passed[kind];
  }
  return score;
}

std::string ToString(const SuiteScore& score, const std::string& title) {
  std::string out = "cache suite, " + title + ":";
  for (size_t kind = 0; kind < 3; ++kind) {
    out += std::string(kind == 0 ? " " : ", ") + kKinds[kind] + " " +
           std::to_string(score.passed[kind]) + " of " + std::to_string(score.played[kind]);
  }
  out += "\n";
  for (const SuiteResult& result : score.results) {
    if (result.verdict == SuiteVerdict::kPass) continue;
    out += std::string("  ") + kKinds[static_cast<size_t>(result.kind)] + " " + result.id + ": " +
           result.message + "\n";
  }
  return out;
}

}  // namespace cloudlet::edge
