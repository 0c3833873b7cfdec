"""Fills a small disk with a batch, frees it, and goes on. Runs in a user namespace, where it may mount one.

Prints one JSON object: the error's code at each size, whether anything was torn, and whether the end is as undisturbed.
"""

import json
import subprocess
import sys
from pathlib import Path

from crash import torn_files
from scripted import Scripted, lines, make_archive, tree

from analyzer.archive.batch import BatchOptions, run_batch
from analyzer.errors import OutputError


def main(folder: Path, size_kib: int, workers: int) -> dict[str, object]:
    archive = make_archive(folder / "in", 20)
    script = Scripted(str(folder / "log"), padding=60_000)
    calm = folder / "calm"
    run_batch(BatchOptions(sources=(archive,), out=calm, workers=0), script)
    whole = len(lines(script.log, "heard "))
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", str(disk)]
    subprocess.run(mount, check=True)
    options = BatchOptions(sources=(archive,), out=disk / "out", workers=workers)
    codes = []
    for _ in range(2):
        try:
            run_batch(options, script)
        except OutputError as error:
            codes.append(error.code)
    torn = torn_files(disk)
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    report = run_batch(options, script)
    heard = len(lines(script.log, "heard "))
    return {
        "codes": codes,
        "torn": torn,
        "not_done": report.not_done,
        "same_tree": tree(disk / "out") == tree(calm),
        "heard_again": heard - 2 * whole,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
