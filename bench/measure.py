"""Runs a command and writes what the kernel accounted for it and its descendants, as one JSON object, to a file.

Usage: measure.py OUTPUT COMMAND [ARGUMENT ...]. Times in ms, memory in bytes (the largest single process).
"""
import json
import resource
import subprocess
import sys
import time

start = time.time()
code = subprocess.call(sys.argv[2:])
wall = time.time() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as output:
    json.dump(
        {
            "startedAt": start * 1000,
            "wallMs": wall * 1000,
            "cpuMs": (used.ru_utime + used.ru_stime) * 1000,
            "peakBytes": used.ru_maxrss * 1024,
            "exitCode": code,
        },
        output,
    )
