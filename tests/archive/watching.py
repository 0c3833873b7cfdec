"""As a program: a watch on a folder by a scripted analyser, until a signal ends it."""

import sys
from pathlib import Path

from scripted import Scripted

from analyzer.archive.batch import BatchOptions
from analyzer.archive.watch import WatchOptions, watch


def main() -> int:
    folder, out, log, workers = sys.argv[1:]
    options = BatchOptions(sources=(folder,), out=Path(out), workers=int(workers))
    report = watch(options, WatchOptions(interval_s=0.05, settle_s=0.4), Scripted(log), None)
    return 0 if report.interrupted else report.exit_code


if __name__ == "__main__":
    sys.exit(main())
