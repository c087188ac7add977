# Sourced by the checks that call a compiler without Bazel.

# make_include_tree DIR: fills DIR so that `-I DIR` resolves "cloudlet/x.h" as Bazel's prefix does.
# The workspace root must be the current directory.
make_include_tree() {
  local header
  mkdir -p "$1/cloudlet/testing"
  for header in api/*.h testing/testing*.h; do
    if [ -e "$header" ]; then ln -sf "$PWD/$header" "$1/cloudlet/"; fi
  done
  for header in testing/endpoint_faults.h testing/explore.h testing/fake_cloud.h testing/fake_log.h \
    testing/faults.h testing/gtest.h testing/matchers.h testing/reporting.h testing/simulated_clock.h; do
    ln -sf "$PWD/$header" "$1/cloudlet/testing/"
  done
}
