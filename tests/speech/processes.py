"""The same thing done by several processes at the same moment."""

import multiprocessing
from collections.abc import Callable
from typing import Any


def at_once(count: int, work: Callable[..., None], *given: str) -> list[Any]:
    """What each of `count` spawned processes puts into the queue.

    Args:
        count: of processes.
        work: a module's function of `given`, a barrier to wait at and a queue to put one result into.
        given: passed on.
    """
    context = multiprocessing.get_context("spawn")
    gate, results = context.Barrier(count), context.Queue()
    workers = [context.Process(target=work, args=(*given, gate, results)) for _ in range(count)]
    for worker in workers:
        worker.start()
    got = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(30)
    return got
