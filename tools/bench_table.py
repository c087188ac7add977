#!/usr/bin/env python3
"""Prints Google Benchmark JSON files as tables of ratios.

    tools/bench_table.py [--cpu] FILE.json...

`cloudlet/<row>` is compared with `baseline/<base>@<which>` of the same file where <base> is <row> or a
leading part of it (`baseline/put/1KiB@md5` for `cloudlet/put/1KiB/fresh/md5`); the longest one counts.
Each cell is a ratio and the baseline's own time: 2.00 means that cloudlet takes half of the baseline's
time, 0.50 twice. Times are medians over the repetitions (wall clock); `+-` is half the distance between
the fastest and the slowest repetition, in percent of the median. `bound`, for rows with an MD5 ETag, is
the slower of @raw and @md5: nothing that stores the bytes and knows their MD5 on one core is faster.
Below each table: counters, medians too; rows that have the same counters stand in one table. Rows called
`<series>/<variable>=<number>` are also printed as curves: operations per second and the gain over the first
line where the variable is `threads`; else time and, behind ^, the slope of the log-log curve from the line
above (0: flat, 1: linear). --cpu: processor time of the measuring thread instead, for a
machine that others use too (what its own rows time by hand stays wall clock); it leaves out what other
threads and the disk do.
"""

import json
import math
import re
import statistics
import sys

_TO_NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
# What Google Benchmark adds to a name that is not part of the row.
_SUFFIXES = re.compile(r"/(real_time|process_time|manual_time|iterations:\d+|repeats:\d+|min_time:[\d.]+)")
# Fields of a run that are not counters. bytes_per_second only repeats the time.
_FIELDS = {
    "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
    "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "label",
    "error_occurred", "error_message", "bytes_per_second",
}


class Measured:
    """All repetitions of one row."""

    use_cpu = False

    def __init__(self):
        self.times = []
        self.counters = {}

    def add(self, run):
        cpu = self.use_cpu and "/manual_time" not in run["run_name"]
        self.times.append(run["cpu_time" if cpu else "real_time"] * _TO_NANOSECONDS[run["time_unit"]])
        for key, value in run.items():
            if key not in _FIELDS:
                self.counters.setdefault(key, []).append(value)

    @property
    def time(self):
        return statistics.median(self.times)

    @property
    def spread(self):
        return "%.0f%%" % ((max(self.times) - min(self.times)) / 2 / self.time * 100) if len(self.times) > 1 else ""


def read_runs(runs):
    """name -> Measured; names of runs that reported an error -> its text."""
    found, errors = {}, {}
    for run in runs:
        if run.get("run_type", "iteration") != "iteration":
            continue
        name = _SUFFIXES.sub("", run["run_name"])
        if run.get("error_occurred"):
            errors[name] = run.get("error_message", "failed")
        else:
            found.setdefault(name, Measured()).add(run)
    return found, errors


def in_order(runs):
    """Random interleaving mixes the runs; a table has them as they were registered."""
    return sorted(runs, key=lambda run: (run.get("family_index", 0), run.get("repetition_index", 0)))


def pretty(nanoseconds):
    for limit, unit, scale in ((1e3, "ns", 1), (1e6, "us", 1e3), (1e9, "ms", 1e6)):
        if nanoseconds < limit * 0.9995:
            return "%.3g %s" % (nanoseconds / scale, unit)
    return "%.3g s" % (nanoseconds / 1e9)


# The columns that are most looked at come first.
_COLUMNS = ["raw", "get+put", "bound", "md5"]


def baselines_of(row, found):
    """which -> time, of the baselines that fit `row` best."""
    best = {}
    for name, measured in found.items():
        if not name.startswith("baseline/"):
            continue
        base, _, which = name[len("baseline/"):].partition("@")
        if row == base or row.startswith(base + "/"):
            length, _ = best.get(which or "baseline", (-1, None))
            if len(base) > length:
                best[which or "baseline"] = (len(base), measured.time)
    times = {which: time for which, (_, time) in best.items()}
    if row.endswith("/md5") and "raw" in times and "md5" in times:
        times["bound"] = max(times["raw"], times["md5"])
    if not row.endswith("/md5"):
        times.pop("md5", None)
    return times


def table_of(found):
    rows = [(name[len("cloudlet/"):], m) for name, m in found.items() if name.startswith("cloudlet/")]
    compared = {row: baselines_of(row, found) for row, _ in rows}
    columns = []
    for times in compared.values():
        columns += [which for which in times if which not in columns]
    columns.sort(key=lambda which: _COLUMNS.index(which) if which in _COLUMNS else len(_COLUMNS))
    lines = [["row", "cloudlet", "+-"] + columns]
    for row, measured in rows:
        cells = []
        for which in columns:
            time = compared[row].get(which)
            cells.append("" if time is None else "%.2f (%s)" % (time / measured.time, pretty(time)))
        lines.append([row, pretty(measured.time), measured.spread] + cells)
    return lines


def print_counters(found):
    """One table for all rows that have the same counters."""
    groups = {}
    for name, measured in found.items():
        if measured.counters:
            groups.setdefault(tuple(sorted(measured.counters, key=_counter_order)), []).append(name)
    for keys, names in groups.items():
        if len(names) == 1:
            counters = found[names[0]].counters
            values = ["%s %s" % (key, plain(statistics.median(counters[key]))) for key in keys]
            print("  %s: %s" % (names[0], ", ".join(values)))
            continue
        lines = [["  counters"] + list(keys)]
        for name in names:
            medians = [statistics.median(found[name].counters[key]) for key in keys]
            lines.append(["  " + name] + [plain(value) for value in medians])
        print_table(lines)


def _counter_order(key):
    """Percentiles ascending, the maximum behind them; all else by name."""
    percentile = re.match(r"p([\d.]+)_", key)
    if percentile:
        return (1, float(percentile[1]), key)
    return (1, 101.0, key) if key.startswith("max_") else (2, 0.0, key)


def plain(value):
    """Four digits, without an exponent."""
    return "%.0f" % value if abs(value) >= 1000 else "%.4g" % value


def curves_of(found):
    """(topic, variable) -> {column: {number: time}}, of rows `topic/verb/variable=number`."""
    curves = {}
    for name, measured in found.items():
        match = re.fullmatch(r"(?:cloudlet|baseline)/(.+)/([^/]+)/(\w+)=(\d+)(@.*)?", name)
        if match:
            topic, verb, variable, number, which = match.groups()
            columns = curves.setdefault((topic, variable), {})
            columns.setdefault(verb + (which or ""), {})[int(number)] = measured.time
    return curves


def curve_table(variable, columns):
    verbs = [name.partition("@")[0] for name in columns]
    names = sorted(columns, key=lambda name: (verbs.index(name.partition("@")[0]), name))
    lines = [[variable] + names]
    for number in sorted({n for times in columns.values() for n in times}):
        cells = [curve_cell(variable, columns[name], number) for name in names]
        lines.append([str(number)] + cells)
    return lines


def curve_cell(variable, times, number):
    if number not in times:
        return ""
    time, before = times[number], [n for n in times if n < number]
    if variable == "threads":
        gain = " x%.2f" % (times[min(before)] / time) if before else ""
        return "%.0f/s%s" % (1e9 / time, gain)
    if not before:
        return pretty(time)
    last = max(before)
    return "%s ^%.2f" % (pretty(time), math.log(time / times[last]) / math.log(number / last))


def print_stamp(context):
    print("%s, %d cores, load %s; %s" % (
        context.get("cpu_model", "unknown processor"), context["num_cpus"],
        " ".join("%.2f" % load for load in context.get("load_avg", [])), context["date"]))
    for key in ("compiler", "rocksdb", "cloudlet", "quick"):
        if key in context:
            print("%s: %s" % (key, context[key]))
    print(context.get("tuned_options", "").rstrip())


def print_table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = [line[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(line[1:], widths[1:])]
        print("  ".join(cells).rstrip())


def main(paths):
    if paths[:1] == ["--cpu"]:
        Measured.use_cpu = True
        paths = paths[1:]
    errors, stamped = {}, False
    for path in paths:
        with open(path, encoding="utf-8") as text:
            report = json.load(text)
        if not stamped:
            print_stamp(report["context"])
            stamped = True
        found, bad = read_runs(in_order(report["benchmarks"]))
        errors.update(bad)
        if found:
            print()
            print_table(table_of(found))
            for (topic, variable), columns in curves_of(found).items():
                print("%s by %s:" % (topic, variable))
                print_table(curve_table(variable, columns))
            print_counters(found)
    for name, message in errors.items():
        print("%s: %s" % (name, message), file=sys.stderr)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
