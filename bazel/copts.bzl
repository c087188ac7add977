"""Compiler options of cloudlet's own targets: `copts = CLOUDLET_COPTS`.

Only warnings. That they are errors is said in this repository's .bazelrc, so a host that builds
cloudlet as a dependency with another compiler is not stopped by a warning it cannot fix.
"""

CLOUDLET_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wnon-virtual-dtor",
    "-Woverloaded-virtual",
    "-Wconversion",
    "-Wno-sign-conversion",
    # GCC 12 warns of members that a designated initializer leaves at their default.
    "-Wno-missing-field-initializers",
]
