"""Which recordings there are: folders, patterns and manifests to one sorted list.

Every recording has a path relative to the common folder of all sources. It decides where results stand and in which
order recordings are taken, so that neither depends on how the sources were named or on how a disk lists its files.
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.archive.ledger import Stamp
from analyzer.archive.names import name_of_path
from analyzer.archive.remote import is_remote, list_remote
from analyzer.call.metadata import MANIFEST_ENDINGS, Manifest
from analyzer.errors import UsageError
from analyzer.settings import fingerprint

ENDINGS = (".wav", ".wave")
# Sound that recorders and phones write and this program doesn't read.
NOT_WAV = frozenset([
    ".3gp", ".aac", ".ac3", ".aif", ".aiff", ".amr", ".ape", ".au", ".awb", ".caf", ".flac", ".g729", ".gsm", ".m4a",
    ".mka", ".mp2", ".mp3", ".oga", ".ogg", ".opus", ".sil", ".silk", ".slk", ".spx", ".vox", ".wma",
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recording:
    """One file to analyse.

    Args:
        path: absolute, as the system knows it.
        relative: below the common folder of the sources, "/" between folders; may hold undecodable bytes.
        stamp: what a store said of it when it was listed; None for files.
        sidecars: in a store, the addresses of those that are there.
    """

    path: str
    relative: str
    stamp: Stamp | None = None
    sidecars: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """`relative` as text that can be written anywhere, and back by `path_of_name`."""
        return name_of_path(self.relative)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the sources hold.

    Args:
        root: the common folder.
        recordings: in order of their relative path's bytes, each file once.
        unreadable: folders that could not be listed.
        manifests: those among the sources.
        not_wav: sound in other formats that was passed over, by ending; of folders on this machine.
    """

    root: str
    recordings: tuple[Recording, ...]
    unreadable: tuple[str, ...]
    manifests: tuple[Manifest, ...] = ()
    not_wav: Mapping[str, int] = field(default_factory=dict)

    @property
    def root_print(self) -> str:
        """Fingerprint of the common folder, links followed; empty where there is none."""
        root = self.root if is_remote(self.root) else os.path.realpath(self.root)
        return fingerprint(name_of_path(root)) if self.root else ""


def find_recordings(sources: Sequence[str | Path], leave_out: Path | None = None) -> Listing:
    """Lists every recording of the sources.

    Args:
        sources: folders (searched to the bottom, links followed, loops noticed), files, patterns such as
            `calls/**/*.wav` (`**` is searched like a folder), or manifests (CSV or JSONL with a path column); or all of
            them addresses in one store, such as `s3://bucket/prefix`.
        leave_out: a folder that is not searched below a source, but where it is one: where the results go.

    Raises:
        UsageError: `usage.no_such_source` (nothing of that name, no recording of that pattern; an empty folder is
            none), `usage.mixed_sources`, `usage.no_store`.
        MetadataError: a manifest can't be read.
    """
    remote = [str(source) for source in sources if is_remote(str(source))]
    if remote:
        if len(remote) < len(sources):
            raise UsageError("usage.mixed_sources", "files here and in a store in one run", "Use a run for each")
        return _find_remote(remote)
    walk = _Walk(os.path.realpath(leave_out) if leave_out is not None else None)
    roots = [walk.take(str(source)) for source in sources]
    if not roots:
        raise UsageError("usage.no_source", "no folder or file was named", "Name a folder of recordings")
    root = os.path.commonpath(roots)
    found = (Recording(path, os.path.relpath(path, root)) for path in walk.found)
    ordered = tuple(sorted(found, key=lambda r: os.fsencode(r.relative)))
    return Listing(root, ordered, tuple(sorted(walk.unreadable)), tuple(walk.manifests.values()), walk.not_wav)


def _find_remote(sources: list[str]) -> Listing:
    listed = [list_remote(source, ENDINGS) for source in sources]
    parts = [root.rstrip("/").split("/") for root, _ in listed]
    count = next((n for n, level in enumerate(zip(*parts, strict=False)) if len(set(level)) > 1), min(map(len, parts)))
    found = {
        one.url: Recording(one.url, "/".join([*own[count:], one.relative]), one.stamp, one.sidecars)
        for own, (_, ones) in zip(parts, listed, strict=True)
        for one in ones
    }
    return Listing("/".join(parts[0][:count]), tuple(sorted(found.values(), key=lambda r: os.fsencode(r.relative))), ())


def sample(recordings: Iterable[Recording], count: int, seed: int) -> tuple[Recording, ...]:
    """A random choice for quality checks: the same for the same seed, and a larger one holds the smaller one.

    Args:
        recordings: to choose from; their order doesn't matter.
        count: how many, at most.
        seed: another one chooses others.
    """

    def lot(recording: Recording) -> bytes:
        return hashlib.sha256(f"{seed}:".encode() + os.fsencode(recording.relative)).digest()

    chosen = sorted(recordings, key=lot)[: max(0, count)]
    return tuple(sorted(chosen, key=lambda r: os.fsencode(r.relative)))


class _Walk:
    """Collects files from one source after another, each once."""

    def __init__(self, leave_out: str | None) -> None:
        self.leave_out = leave_out
        self.found: dict[str, None] = {}
        self.manifests: dict[str, Manifest] = {}
        self.unreadable: set[str] = set()
        self.not_wav: Counter[str] = Counter()
        self.folders: set[tuple[int, int]] = set()

    def take(self, source: str) -> str:
        """Lists one source; returns the folder that its paths are relative to."""
        if not source:
            raise UsageError("usage.no_such_source", "the path is empty", "Check the path; . is the current folder")
        absolute = os.path.abspath(source)  # noqa: PTH100  links stay as they are written
        if os.path.isdir(absolute):  # noqa: PTH112
            self._folder(absolute)
            return absolute
        if os.path.exists(absolute):  # noqa: PTH110
            if absolute.lower().endswith(MANIFEST_ENDINGS):
                return self._manifest(absolute)
            self.found[absolute] = None
            return os.path.dirname(absolute)  # noqa: PTH120
        if glob.has_magic(source):
            return self._pattern(os.path.normpath(source))
        raise UsageError("usage.no_such_source", f"{name_of_path(source)} is not there", "Check the path")

    def _folder(self, folder: str) -> None:
        for _, files in self._folders(folder, folder, self.folders):
            self.found.update(dict.fromkeys(path for path in files if path.lower().endswith(ENDINGS)))
            self.not_wav.update(ending for path in files if (ending := Path(path).suffix.lower()) in NOT_WAV)

    def _folders(self, start: str, root: str, walked: set[tuple[int, int]]) -> Iterator[tuple[str, list[str]]]:
        """Each folder from one to the bottom with the files in it, without what is hidden.

        Args:
            start: the first of them.
            root: of the source; where results go is left out below it.
            walked: device and inode of folders that were listed, to which is added.
        """
        left_out = self.leave_out if os.path.realpath(root) != self.leave_out else None
        waiting = [start]
        while waiting:
            at = waiting.pop()
            try:
                facts = os.stat(at)  # noqa: PTH116
                if (facts.st_dev, facts.st_ino) in walked or os.path.realpath(at) == left_out:
                    continue  # a link back, or the same folder by another name
                walked.add((facts.st_dev, facts.st_ino))
                with os.scandir(at) as entries:
                    listed = sorted(entries, key=lambda e: os.fsencode(e.name), reverse=True)
            except OSError:
                self.unreadable.add(name_of_path(at))
                continue
            files = []
            for entry in listed:
                if entry.name.startswith("."):
                    continue  # hidden files, among them the shadows that some systems write beside each file
                if _is_folder(entry):
                    waiting.append(entry.path)
                else:
                    files.append(entry.path)
            yield at, files

    def _manifest(self, path: str) -> str:
        folder = os.path.dirname(path)  # noqa: PTH120
        manifest = self.manifests[path] = Manifest.load(Path(path))
        listed = [str(p) for p in manifest.paths()]
        self.found.update(dict.fromkeys(listed))
        return os.path.commonpath([folder, *listed])

    def _pattern(self, pattern: str) -> str:
        fixed = pattern
        while glob.has_magic(fixed):
            fixed = os.path.dirname(fixed)  # noqa: PTH120
        root = os.path.abspath(fixed)  # noqa: PTH100
        matched = dict.fromkeys(self._matches(root, pattern.removeprefix(fixed).lstrip("/")))
        if not matched:
            seen = f"no recording fits {name_of_path(pattern)}"
            raise UsageError("usage.no_such_source", seen, "Check the pattern; recordings end in .wav")
        self.found.update(matched)
        return root

    def _matches(self, root: str, pattern: str) -> Iterator[str]:
        """The recordings that fit; `**` is any folder from there to the bottom, and at the end whatever is in them."""
        paths, parts = iter((root,)), pattern.split("/")
        for part in (*parts, "*") if parts[-1] == "**" else parts:
            paths = self._below(paths, root) if part == "**" else _fitting(part, paths)
        for path in paths:
            if path.lower().endswith(ENDINGS) and not os.path.isdir(path):  # noqa: PTH112
                yield path

    def _below(self, starts: Iterator[str], root: str) -> Iterator[str]:
        walked: set[tuple[int, int]] = set()
        for start in starts:
            if os.path.isdir(start):  # noqa: PTH112
                yield from (folder for folder, _ in self._folders(start, root, walked))


def _fitting(part: str, folders: Iterator[str]) -> Iterator[str]:
    """What fits one part of a pattern in each folder."""
    for folder in folders:
        for name in glob.iglob(part, root_dir=folder):  # noqa: PTH207
            yield os.path.join(folder, name)  # noqa: PTH118


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
