#!/usr/bin/env python3
"""Counts test cases in the build event files of `bazel test --build_event_json_file`.

Prints "<passed> <failed> <skipped>". A test target without a readable report (it did not build, timed
out, crashed) counts as one failed case. Names what failed on standard error.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def read_events(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def cases_in(report):
    """(passed, failed, skipped) of one test.xml."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def count(path):
    passed = failed = skipped = 0
    targets, built_tests = {}, {}
    for event in read_events(path):
        event_id = event.get("id", {})
        if "testSummary" in event_id:
            status = event.get("testSummary", {}).get("overallStatus")
            built_tests[event_id["testSummary"]["label"]] = status
        elif "testResult" in event_id:
            key = (event_id["testResult"]["label"], event_id["testResult"].get("shard", 0))
            targets[key] = event.get("testResult", {})
    for (label, _), result in sorted(targets.items()):
        reports = [
            urllib.parse.unquote(output["uri"][len("file://"):])
            for output in result.get("testActionOutput", [])
            if output.get("name") == "test.xml"
        ]
        counts = (0, 0, 0)
        try:
            counts = cases_in(reports[0])
        except (IndexError, OSError, ElementTree.ParseError):
            pass
        good = result.get("status") in ("PASSED", "FLAKY")
        if good and not counts[0] and not counts[2]:
            counts = (1, 0, 0)  # passed, with no list of cases
        if not good and not counts[1]:
            counts = (counts[0], 1, counts[2])
        if not good:
            print("%s: %s" % (label, result.get("status")), file=sys.stderr)
        passed, failed, skipped = (a + b for a, b in zip((passed, failed, skipped), counts))
    ran = {label for label, _ in targets}
    for label, status in sorted(built_tests.items()):
        if label not in ran and status != "PASSED":
            print("%s: %s" % (label, status), file=sys.stderr)
            failed += 1
    return passed, failed, skipped


if __name__ == "__main__":
    print(*count(sys.argv[1]))
