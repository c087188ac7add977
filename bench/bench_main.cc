// main() of every benchmark program: repetitions interleaved unless the command line says
// otherwise, and a stamp of the environment in the output (JSON: "context").
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "bench/harness.h"
#include "bench/raw_store.h"

namespace cloudlet::bench {
namespace {

// The first line of /proc/cpuinfo about the processor's name.
std::string CpuModel() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string CompilerAndFlags() {
#if defined(__clang__)
  std::string text = std::string("clang ") + __clang_version__;
#else
  std::string text = std::string("gcc ") + __VERSION__;
#endif
#if defined(__OPTIMIZE__)
  text += ", optimized";
#else
  text += ", NOT OPTIMIZED";
#endif
#if defined(NDEBUG)
  text += ", NDEBUG";
#else
  text += ", assertions";
#endif
  return text;
}

void StampEnvironment() {
  benchmark::AddCustomContext("cpu_model", CpuModel());
  benchmark::AddCustomContext("rocksdb", RocksDbBuild());
  benchmark::AddCustomContext("compiler", CompilerAndFlags());
  benchmark::AddCustomContext("cloudlet", std::string(kVersion));
  benchmark::AddCustomContext("tuned_options", RawOptionsText());
  benchmark::AddCustomContext("quick", QuickRun() ? "yes" : "no");
}

int Main(int argc, char** argv) {
  std::string interleave = "--benchmark_enable_random_interleaving=true";
  std::string repetitions = "--benchmark_repetitions=5";
  // The command line comes behind the defaults, so it wins.
  std::vector<char*> arguments = {argv[0], interleave.data(), repetitions.data()};
  arguments.insert(arguments.end(), argv + 1, argv + argc);
  int count = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 1;
  StampEnvironment();
  RegisterBenchmarks();
  benchmark::RunSpecifiedBenchmarks();
  // Rows own stores, which must not outlive main().
  benchmark::ClearRegisteredBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace cloudlet::bench

int main(int argc, char** argv) { return cloudlet::bench::Main(argc, argv); }
