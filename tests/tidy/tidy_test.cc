// Holds the rules of tidy_rules.h over this very tree, and shows that each rule finds what it is
// for.
//
// The tree is found through the WORKSPACE file among the test's data, which is a link into it; so
// this test runs outside the sandbox, and always (its inputs are not declared).
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/tidy/tidy_rules.h"

namespace cloudlet::tidy {
namespace {

namespace fs = std::filesystem;

constexpr char kBanner[] = "// One.\n// Two.\n// Three.\n";

std::string Show(const Violation& v) {
  return v.file + ":" + std::to_string(v.line) + ": " + v.rule + ": " + v.detail;
}

std::string ShowAll(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& v : violations) text += Show(v) + "\n";
  return text;
}

fs::path Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path SourceTree() {
  return fs::canonical(Environment("TEST_SRCDIR") / Environment("TEST_WORKSPACE") / "WORKSPACE")
      .parent_path();
}

TEST(TidyTest, ThisTreeKeepsItsRules) {
  const fs::path root = SourceTree();
  ASSERT_TRUE(fs::exists(root / "api" / "cloud.h")) << root << " is not the source tree";
  EXPECT_GT(FilesIn(root), 20u);
  const std::vector<Violation> found = CheckTree(root);
  EXPECT_TRUE(found.empty()) << found.size() << " violations:\n" << ShowAll(found);
}

struct Plant {
  std::string path;
  std::string body;  // follows a banner
  std::string rule;  // what must be reported; empty: nothing may be
};

std::vector<Plant> Plants() {
  return {
      // What is gone while it is walked.
      {"base/d1.cc", "for (int i : F(a).value()) {\n", "dangling"},
      {"base/d2.cc", "for (int i : *a) {\n", ""},
      // Layers.
      {"api/a1.h", "#include \"base/crc.h\"\n", "layer"},
      {"api/a2.h", "#include <rocksdb/db.h>\n", "rocksdb"},
      {"base/b1.cc", "#include \"objstore/put.h\"\n", "layer"},
      {"objstore/o1.cc", "#include \"triggers/runtime.h\"\n", "layer"},
      {"objstore/o2.cc", "#include \"put.h\"\n", "layer"},
      {"objstore/kv/k1.cc", "#include \"objstore/keys.h\"\n", "layer"},
      {"triggers/t1.cc", "#include \"objstore/commit.h\"\n", "layer"},
      {"triggers/t2.cc", "#include \"cloud/core.h\"\n", "layer"},
      {"cloud/c1.cc", "#include \"testing/fake.h\"\n", "layer"},
      {"cloud/c2.cc", "#include \"cloudlet/testing.h\"\n", "layer"},
      {"edge/e1.cc", "#include \"http/server.h\"\n", "layer"},
      {"examples/x1.cc", "#include \"objstore/keys.h\"\n", "layer"},
      {"triggers/ok1.cc", "#include \"objstore/ledger.h\"\n", ""},
      {"triggers/ok1_test.cc", "#include \"objstore/kv/memory_kv.h\"\n", ""},
      {"cloud/ok2_test.cc", "#include \"cloudlet/testing.h\"\n", ""},
      {"base/ok3.cc", "#include \"cloudlet/clock.h\"\n", ""},
      // Bans.
      {"api/s1.h", "void F(absl::string_view s);\n", "string_view"},
      {"api/s2.h", "#include \"absl/strings/string_view.h\"\n", "string_view"},
      {"api/s3.h", "#include \"objstore/records.pb.h\"\n", "generated"},
      {"api/s4.cc", "void F(absl::string_view s);\n", ""},
      {"api/s5_test.cc", "#include \"gtest/gtest.h\"\n", ""},
      {"objstore/r1.cc", "#include \"rocksdb/db.h\"\n", "rocksdb"},
      {"tests/r2.cc", "#include <rocksdb/db.h>\n", "rocksdb"},
      {"objstore/kv/rocks_kv_ok.cc", "#include \"rocksdb/db.h\"\n", ""},
      {"objstore/g1.cc", "std::regex r;\n", "regex"},
      {"tests/g2.cc", "#include <regex>\n", "regex"},
      {"cloud/w1.cc", "void F() { std::cout << 1; }\n", "terminal"},
      {"base/w2.cc", "void F() { fprintf(stderr, \"x\"); }\n", "terminal"},
      {"base/w3.cc", "void F() { snprintf(b, 1, \"x\"); }\n", ""},
      {"base/w5_test.cc", "void F() { std::cout << seed; }\n", ""},
      {"examples/w4.cc", "void F() { std::cout << 1; }\n", ""},
      {"objstore/d1.cc", "std::uniform_int_distribution<int> d;\n", "randomness"},
      {"tests/d2.cc", "auto x = absl::Uniform(g, 0, 1);\n", "randomness"},
      {"tests/d3.cc", "#include <random>\n", "randomness"},
      {"base/d4.cc", "#include <random>\n", ""},
      {"tests/z1.cc", "void F() { std::this_thread::sleep_for(d); }\n", "sleep"},
      {"base/z2_test.cc", "void F() { absl::SleepFor(d); }\n", "sleep"},
      {"base/z3.cc", "void F() { absl::SleepFor(d); }\n", ""},
      {"tests/n1.cc", "auto t = absl::Now();\n", "wall clock"},
      {"cloud/n2.cc", "auto t = std::chrono::system_clock::now();\n", "wall clock"},
      {"triggers/m1.h", "absl::Mutex mu;\n", "mutex"},
      {"triggers/m2.h", "base::Mutex mu;\n", ""},
      // Comments and literals are not code.
      {"base/l1.cc", "// std::cout\n/* std::regex\n std::cerr */ const char* s = \"std::cout\";\n",
       ""},
      {"base/l2.cc", "auto s = R\"x(\" std::cout )x\"; char q = '\"'; int n = 1'000;\n", ""},
      {"base/l3.cc", "char q = '\"'; void F() { std::cout << q; }\n", "terminal"},
      // Text.
      {"docs/p1.md", "see /home/me/store\n", "machine"},
      {"objstore/p2.cc", "const char* kPath = \"/root/x\";\n", "machine"},
      {"docs/q1.md", "a ToDo remains\n", "word"},
      {"objstore/q2.cc", "// good enough for now\n", "word"},
      {"docs/q3.md", "todos and stubborn things\n", ""},
      {"base/f1.cc", std::string(800, '\n'), "length"},
      {"base/f2.cc", std::string(597, '\n'), ""},
  };
}

fs::path PlantTree(const std::vector<Plant>& plants) {
  fs::path root = Environment("TEST_TMPDIR") / "tree";
  for (const Plant& plant : plants) {
    fs::create_directories((root / plant.path).parent_path());
    std::ofstream(root / plant.path, std::ios::binary) << kBanner << plant.body;
  }
  return root;
}

TEST(TidyTest, EachPlantedViolationIsReportedAndNothingElse) {
  const std::vector<Plant> plants = Plants();
  const std::vector<Violation> found = CheckTree(PlantTree(plants));
  for (const Plant& plant : plants) {
    std::vector<Violation> here;
    for (const Violation& v : found) {
      if (v.file == plant.path) here.push_back(v);
    }
    if (plant.rule.empty()) {
      EXPECT_TRUE(here.empty()) << plant.path << "\n" << ShowAll(here);
    } else {
      ASSERT_FALSE(here.empty()) << plant.path << ": " << plant.rule << " not reported";
      EXPECT_EQ(here[0].rule, plant.rule) << ShowAll(here);
    }
  }
}

TEST(TidyTest, SourceBeginsWithABanner) {
  const auto violations = [](const std::string& text) {
    return CheckFile("base/x.cc", text).size();
  };
  EXPECT_EQ(violations("int x;\n"), 1u);
  EXPECT_EQ(violations("\n// Late.\nint x;\n"), 1u);
  EXPECT_EQ(violations(""), 1u);
  EXPECT_EQ(violations("// What is in here.\nint x;\n"), 0u);
}

TEST(TidyTest, ViolationNamesItsLine) {
  const std::vector<Violation> found =
      CheckFile("base/x.cc", std::string(kBanner) + "\nstd::regex r;\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].line, 5);
}

}  // namespace
}  // namespace cloudlet::tidy
