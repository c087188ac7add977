"""A fuzz target, twice: for libFuzzer, and as a short test with seeded random changes."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_test")
load("//bazel:copts.bzl", "CLOUDLET_COPTS")

def fuzz_target(name, deps):
    """Makes `name` (build it with --config=fuzz) of `name`.cc, and the test `name`_smoke_test."""
    deps = deps + ["//api", "@com_google_absl//absl/status", "@com_google_absl//absl/time"]
    cc_binary(
        name = name,
        srcs = [name + ".cc", "fuzz.h"],
        copts = CLOUDLET_COPTS,
        tags = ["manual"],
        deps = deps,
    )
    cc_test(
        name = name + "_smoke_test",
        srcs = [name + ".cc", "fuzz.h", "smoke.cc"],
        copts = CLOUDLET_COPTS,
        deps = deps + ["//base:random", "@com_google_googletest//:gtest_main"],
    )
