"""What cloudlet needs, over the libraries of Debian 12: call `cloudlet_dependencies()` in WORKSPACE.

The labels are those that the same libraries have in the Bazel Central Registry, so BUILD files read
alike under WORKSPACE and MODULE.bazel. A repository that the host's WORKSPACE has already defined is
left alone.
"""

load(":system_repo.bzl", "rocksdb_repo", "system_repo", "text_repo")

# Targets of Abseil by package; the pkg-config module is absl_<target> unless _ABSL_MODULES says so.
_ABSL = {
    "algorithm": ["algorithm", "container"],
    "base": ["base", "config", "core_headers", "dynamic_annotations", "endian"],
    "cleanup": ["cleanup"],
    "container": [
        "btree",
        "fixed_array",
        "flat_hash_map",
        "flat_hash_set",
        "inlined_vector",
        "node_hash_map",
        "node_hash_set",
    ],
    "flags": ["flag", "parse", "reflection", "usage"],
    "functional": ["any_invocable", "bind_front", "function_ref"],
    "hash": ["hash"],
    "memory": ["memory"],
    "meta": ["type_traits"],
    "numeric": ["bits", "int128"],
    "random": ["bit_gen_ref", "random"],
    "status": ["status", "statusor"],
    "strings": ["cord", "str_format", "strings"],
    "synchronization": ["synchronization"],
    "time": ["time"],
    "types": ["compare", "optional", "span", "variant"],
    "utility": ["utility"],
}

_ABSL_MODULES = {
    "algorithm:container": "algorithm_container",
    "flags:flag": "flags",
    "flags:parse": "flags_parse",
    "flags:reflection": "flags_reflection",
    "flags:usage": "flags_usage",
    "random:bit_gen_ref": "random_bit_gen_ref",
    "random:random": "random_random",
}

def _absl_libs():
    libs = {}
    for package, targets in _ABSL.items():
        for target in targets:
            module = _ABSL_MODULES.get(package + ":" + target, target)
            libs["absl/%s:%s" % (package, target)] = "absl_" + module
    return libs

_WELL_KNOWN_PROTOS = ["any", "duration", "empty", "struct", "timestamp", "wrappers"]

_PROTOBUF_BUILD = """
exports_files(["protoc"])

proto_lang_toolchain(
    name = "cc_toolchain",
    blacklisted_protos = [%s],
    command_line = "--cpp_out=$(OUT)",
    runtime = ":protobuf",
)
""" % ", ".join(['":%s_proto"' % p for p in _WELL_KNOWN_PROTOS]) + "".join(["""
proto_library(
    name = "%s_proto",
    srcs = ["include/google/protobuf/%s.proto"],
    strip_import_prefix = "include",
)
""" % (p, p) for p in _WELL_KNOWN_PROTOS])

def _native(path_rules):
    """Files that re-export rules which Debian's Bazel has built in."""
    files = {}
    for path, rules in path_rules.items():
        folder = path.rpartition("/")[0]
        files[folder + "/BUILD.bazel"] = ""
        files[path] = "".join(["%s = native.%s\n" % (r, r) for r in rules])
    return files

def _once(rule, name, **kwargs):
    if not native.existing_rule(name):
        rule(name = name, **kwargs)

def _libraries():
    _once(
        system_repo,
        "com_google_absl",
        libs = _absl_libs(),
        debian_packages = "libabsl-dev",
    )
    _once(
        system_repo,
        "com_google_protobuf",
        libs = {":protobuf": "protobuf", ":protobuf_lite": "protobuf-lite"},
        links = {
            "protoc": "/usr/bin/protoc",
            "include/google/protobuf": "/usr/include/google/protobuf",
        },
        files = _native({
            "bazel/proto_library.bzl": ["proto_library"],
            "bazel/cc_proto_library.bzl": ["cc_proto_library"],
        }),
        extra = {"": _PROTOBUF_BUILD},
        debian_packages = "libprotobuf-dev protobuf-compiler",
    )
    _once(
        system_repo,
        "openssl",
        libs = {":crypto": "libcrypto", ":ssl": "libssl :crypto"},
        debian_packages = "libssl-dev",
    )

    # Headers alone. (The registry has a module for each library of Boost, hence the dots.)
    for library in ["asio", "beast"]:
        _once(
            system_repo,
            "boost." + library,
            libs = {":boost." + library: "-lpthread"},
            debian_packages = "libboost-dev",
            version_header = "/usr/include/boost/version.hpp BOOST_LIB_VERSION",
        )
    _once(
        system_repo,
        "curl",
        libs = {":curl": "libcurl"},
        debian_packages = "libcurl4-openssl-dev",
    )
    _once(
        system_repo,
        "pugixml",
        libs = {":pugixml": "pugixml"},
        debian_packages = "libpugixml-dev",
    )
    _once(
        system_repo,
        "xxhash",
        libs = {":xxhash": "libxxhash"},
        debian_packages = "libxxhash-dev",
    )
    _once(
        system_repo,
        "zlib",
        libs = {":zlib": "zlib"},
        debian_packages = "zlib1g-dev",
    )
    _once(rocksdb_repo, "rocksdb")

def _test_libraries():
    _once(
        system_repo,
        "com_google_googletest",
        libs = {":gtest": "gmock gtest", ":gtest_main": "gmock_main gmock gtest :gtest"},
        debian_packages = "libgtest-dev libgmock-dev",
    )
    _once(
        system_repo,
        "com_github_google_benchmark",
        libs = {
            ":benchmark": "benchmark",
            ":benchmark_main": "-lbenchmark_main benchmark :benchmark",
        },
        debian_packages = "libbenchmark-dev",
    )

    # Only a baseline of the benchmarks: the library does not know it.
    _once(
        system_repo,
        "lmdb",
        libs = {":lmdb": "lmdb"},
        debian_packages = "liblmdb-dev",
    )

def _rule_sets():
    _once(
        text_repo,
        "rules_cc",
        files = _native({"cc/defs.bzl": [
            "cc_binary",
            "cc_import",
            "cc_library",
            "cc_proto_library",
            "cc_test",
            "cc_toolchain",
            "cc_toolchain_suite",
            "fdo_prefetch_hints",
            "fdo_profile",
        ]}),
    )
    # @bazel_tools loads these although nothing here is written in Java.
    _once(
        text_repo,
        "rules_java",
        files = _native({"java/defs.bzl": [
            "java_binary",
            "java_import",
            "java_library",
            "java_lite_proto_library",
            "java_package_configuration",
            "java_plugin",
            "java_proto_library",
            "java_runtime",
            "java_test",
            "java_toolchain",
        ]}),
    )
    # Every cc_test names this label, also when no coverage is asked for.
    _once(
        text_repo,
        "remote_coverage_tools",
        files = {"BUILD.bazel": """
package(default_visibility = ["//visibility:public"])

filegroup(name = "coverage_report_generator")

filegroup(name = "lcov_merger")
"""},
    )

def cloudlet_dependencies():
    """Declares every repository that building, testing and benchmarking cloudlet needs."""
    _rule_sets()
    _libraries()
    _test_libraries()
