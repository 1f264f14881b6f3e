#!/usr/bin/env python3
"""Judges what the guest's jobs said. Prints the results, a JSON line for each job, then a table for people and the verdict.

    verdict.py RESULTS CONSOLE PROBE_PACKETS FRAMES XSK_PASSES

Exit code: 0 everything holds, and each value that is judged was noticed when it was made wrong; 1 something does not hold.
"""
import copy
import json
import re
import sys


def expected(probe_packets, frames, xsk_passes):
    """What each job must have seen: a name for people, where it is in the job's document, what it must be."""
    return {
        "xdp-prove": [
            ("granted mode (XDP_OPTIONS)", "xdp.traffic.mode.granted", "zero_copy"),
            ("pages of the UMEM", "xdp.traffic.memory.granted", "huge_pages"),
            ("granted mode of the probe", "xdp.probes.wanted.mode.granted", "zero_copy"),
            ("frames written, not redirected, zero copy", "xdp.probes.wanted.frames_written", probe_packets),
            ("packets found in them", "xdp.probes.wanted.frames_holding_packet", probe_packets),
            ("frames written, not redirected, copy", "xdp.probes.copy.frames_written", 0),
            ("frames written, redirected, copy (control)", "xdp.probes.control.frames_written", probe_packets),
            ("packets received, sequence and bytes checked", "xdp.traffic.frames_received", frames),
            ("lost", "xdp.traffic.frames_lost", 0),
            ("corrupt", "xdp.traffic.frames_corrupt", 0),
            ("frames returned through FILL", "xdp.traffic.frames_returned", frames),
            ("frames missing at the end", "xdp.traffic.umem.in_application_frames", 0),
        ],
        "xdp-tokens": [
            ("granted mode (XDP_OPTIONS)", "xdp.mode.granted", "zero_copy"),
            ("pages of the UMEM", "xdp.memory.granted", "shared_huge_pages"),
            ("lost at the socket", "xdp.frames_lost", 0),
            ("survivor was killed", "xdp.consumers.0.killed", False),
            ("survivor: lost", "xdp.consumers.0.lost", 0),
            ("survivor: wrong bytes", "xdp.consumers.0.corrupt", 0),
            ("survivor: out of order", "xdp.consumers.0.out_of_order", 0),
            ("survivor read where the driver wrote", "xdp.consumers.0.addresses_match", True),
            ("other consumer was killed", "xdp.consumers.1.killed", True),
            ("payload copies", "xdp.payload_copies", 0),
            ("UMEM whole at the end", "xdp.umem_whole", True),
        ],
        "conformance-xsk": [
            ("cases of the kernel's selftests that pass", "totals.pass", xsk_passes),
            ("that fail", "totals.fail", 0),
        ],
        # X29 has rings of its own sizes in the card; with busy polling QEMU's hub has more on the way than the smallest holds.
        "xsk-rings": [
            ("cases of the card's own rings that pass", "totals.pass", 2),
            ("that fail", "totals.fail", 0),
        ],
        "zcrx-prove": [
            ("wrong bytes", "zcrx.wrong_bytes", 0),
            ("buffers of the area", "zcrx.area_buffers", 1024),
            ("of these back in the kernel at the end", "zcrx.buffers_at_end", 1024),
            ("refill entries left after a flush", "zcrx.entries_left", 0),
        ],
        "zcrx-selftest": [
            ("liburing's cases that fail", "selftest.totals.fail", 0),
        ],
    }


# Shown; the job's own verdict, which is its exit code, covers them.
SHOWN = {
    "xdp-tokens": [
        ("packets through the chain", "xdp.frames_received"),
        ("survivor: packets read", "xdp.consumers.0.received"),
        ("the killed one's tokens taken back", "xdp.consumers.1.taken_back"),
    ],
    "conformance-xsk": [
        ("skipped with the kernel's or driver's reason", "totals.skipped"),
    ],
    "zcrx-prove": [
        ("bytes received", "zcrx.received_bytes"),
        ("buffers received", "zcrx.pieces"),
        ("buffers returned through the refill ring", "zcrx.returned_buffers"),
        ("flushes because it was full", "zcrx.flushes_when_full"),
    ],
    "zcrx-selftest": [
        ("liburing's cases that pass", "selftest.totals.pass"),
        ("liburing's cases skipped", "selftest.totals.skip"),
    ],
}
# What a kernel says when something in it is wrong.
SPLAT = re.compile(r"BUG:|WARNING:|Oops|KASAN|general protection|refcount_t|Call Trace|soft lockup|hung task|Kernel panic|NETDEV WATCHDOG")


def at(document, path):
    """The value at a dotted path, or None."""
    for key in path.split("."):
        try:
            document = document[int(key) if isinstance(document, list) else key]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    return document


def put(document, path, value):
    """Replaces the value at a dotted path."""
    folder, _, last = path.rpartition(".")
    (at(document, folder) if folder else document)[last] = value


def read(results):
    """The jobs by name; a line that is none counts as a job that failed."""
    jobs = {}
    for line in results:
        try:
            job = json.loads(line)
            jobs[job["job"]] = job
        except (ValueError, KeyError, TypeError):
            jobs[f"line {len(jobs) + 1}"] = {"exit": 1, "said": f"no JSON: {line[:60]!r}"}
    return jobs


def judge(jobs, console, checks):
    """Sentences about what is wrong, and the rows of the table."""
    wrong, table = [], []
    if "end" not in jobs:
        wrong.append("the guest did not finish its jobs")
    wrong += [f"{job} did not run" for job in checks if job not in jobs]
    for job, result in jobs.items():
        if result.get("exit", 0) != 0:
            wrong.append(f"{job} ended with {result['exit']}: {result['said'] or 'no word'}")
        document = result.get("document")
        table += [(job, name, at(document, path), "") for name, path in SHOWN.get(job, [])]
        for name, path, value in checks.get(job, []):
            found = at(document, path)
            holds = type(found) is type(value) and found == value
            table.append((job, name, found, "ok" if holds else f"must be {value}"))
            if not holds:
                wrong.append(f"{job}: {name} is {found} and must be {value}")
        for case in at(document, "selftest.cases") or at(document, "cases") or []:
            if case["outcome"] != "pass":
                table.append((job, f"{case['id']} {case['name']}"[:46], case["outcome"], case["detail"]))
    wrong += [f"the guest's kernel: {line.strip()}" for line in console if SPLAT.search(line)]
    return wrong, table


def unnoticed(jobs, console, checks):
    """What could be wrong without the verdict: each job missing or failed, each value another one, a kernel that complains."""
    missed = []

    def must_notice(what, change):
        changed, log = copy.deepcopy(jobs), list(console)
        change(changed, log)
        if not judge(changed, log, checks)[0]:
            missed.append(what)

    for job in [*checks, "end"]:
        must_notice(f"{job} missing", lambda jobs, _, job=job: jobs.pop(job))
    for job, rows in checks.items():
        must_notice(f"{job} failed", lambda jobs, _, job=job: jobs[job].update(exit=1))
        for name, path, value in rows:
            other = "copy" if isinstance(value, str) else not value if isinstance(value, bool) else value + 1
            must_notice(
                f"{job}: {name}", lambda jobs, _, job=job, path=path, other=other: put(jobs[job]["document"], path, other))
    must_notice("a warning of the kernel", lambda _, log: log.append("[   3.1] WARNING: CPU: 0 PID: 1 at net/xdp/xsk.c"))
    return missed


def main(results, console, probe_packets, frames, xsk_passes):
    with open(results, errors="replace") as file:
        lines = [line.strip() for line in file if line.strip()]
    with open(console, errors="replace") as file:
        console = file.readlines()
    checks = expected(int(probe_packets), int(frames), int(xsk_passes))
    jobs = read(lines)
    print("\n".join(lines), end="\n\n")
    wrong, table = judge(jobs, console, checks)
    if not wrong:
        wrong = [f"the verdict does not notice: {what}" for what in unnoticed(jobs, console, checks)]
    for job, name, found, remark in table:
        print(f"{job:15} {name:46} {found!s:>10}  {remark}".rstrip())
    end = jobs.get("end", {})
    print(f"\nguest: Linux {end.get('kernel')}, {end.get('seconds')} s; emulated, so no rate means anything")
    for sentence in wrong:
        print(f"wrong: {sentence}")
    print("verdict: " + ("fail" if wrong else "ok"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
