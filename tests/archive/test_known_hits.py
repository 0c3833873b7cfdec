"""Phrase hits that are kept: never needed, never wrong, and what saves the search when a standard changes."""

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from importing import imported_from
from msgspec.json import encode
from msgspec.structs import replace as replace_field
from scripted import tree, wav

from analyzer import settings
from analyzer.archive import known_hits
from analyzer.archive.batch import BatchOptions, rejudge, run_batch
from analyzer.archive.cache import heard_name, keep_heard, load_heard, seal
from analyzer.archive.known_hits import KnownHits, PhraseLists, bring
from analyzer.archive.local import LocalFactory
from analyzer.archive.results import FolderResults, Parcel
from analyzer.archive.terms import JudgedBy
from analyzer.archive.work import Identity, Judge
from analyzer.call.names import printable_name
from analyzer.call.types import CallMetadata, Layout
from analyzer.call.wav import read_facts
from analyzer.pipeline import Heard
from analyzer.rules import phrases as searching
from analyzer.rules import rulings
from analyzer.rules.notation import parse_call
from analyzer.rules.pack import load_standard
from analyzer.rules.phrases import SoundSearch
from analyzer.rules.scaffold import scaffold
from analyzer.rules.types import CallFacts, Scorecard
from analyzer.settings import files_of

CALLS = (
    "客服: 您好很高兴为您服务\n用户: 我要投诉你们的服务\n客服: 我怎么知道\n用户: 那谁知道\n客服: 你去找别的部门",
    "客服: 您好请问有什么可以帮您\n用户: 查一下话费\n客服: 请稍等\n~12s\n客服: 让您久等了\n客服: 这个我可不知道",
    "客服: 喂你好\n用户: 你们怎么回事\n客服: 您的意思是我怎么知道吗\n客服: 这不是我们部门的事\n用户: 再见",
)


@dataclass(frozen=True)
class Told:
    """Hears what is written above; judges by a real standard."""

    pack: str = "base"

    def identify(self) -> Identity:
        return Identity("told", self.identify_judging())

    def identify_judging(self) -> str:
        return LocalFactory(judged_by=JudgedBy(self.pack)).identify_judging()

    def build_judge(self) -> Judge:
        return LocalFactory(judged_by=JudgedBy(self.pack)).build_judge()

    def build(self, threads: int) -> "TellingAnalyser":
        return TellingAnalyser(self.build_judge())


@dataclass(frozen=True)
class TellingAnalyser:
    judge: Judge

    def hear(self, path: Path, metadata: CallMetadata | None) -> Heard:
        return heard_of(path)

    def has_tried(self, heard: Heard) -> bool:
        return True

    def try_again(self, path: Path, heard: Heard) -> Heard:
        raise AssertionError("nothing is tried here")


def heard_of(path: Path) -> Heard:
    call = parse_call(CALLS[int(path.stem[-1])])
    facts = CallFacts(printable_name(path.name), read_facts(path), Layout.STEREO, (), call.metadata)
    return Heard(facts, call.conversation, call.measures, call.hangup, None, "none", None, "told", "")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(len(CALLS)):
        (folder / f"call{number}.wav").write_bytes(wav(number))
    return folder


@pytest.fixture
def out(archive: Path, tmp_path: Path) -> Path:
    run_batch(BatchOptions(sources=(archive,), out=tmp_path / "out", workers=0), Told())
    return tmp_path / "out"


@pytest.fixture
def changed(tmp_path: Path) -> str:
    """The base standard with one threshold changed."""
    folder = tmp_path / "changed"
    folder.mkdir()
    text = 'id: changed\nversion: "1"\nname: 一\nextends: base\nparameters: {interruption_s: {value: 2.5}}\n'
    (folder / "pack.yaml").write_text(text, "utf-8")
    return str(folder)


@pytest.fixture
def requoted(tmp_path: Path) -> str:
    """The base standard with longer quotations: every ruling is made anew, from the same hits."""
    folder = tmp_path / "requoted"
    folder.mkdir()
    quoting = replace_field(load_standard("base").quoting, reach=3)
    text = f'id: requoted\nversion: "1"\nname: 二\nextends: base\nquoting: {encode(quoting).decode()}\n'
    (folder / "pack.yaml").write_text(text, "utf-8")
    return str(folder)


@pytest.fixture
def grown(tmp_path: Path) -> str:
    """The base standard with five phrases more."""
    scaffold(tmp_path / "grown")
    return str(tmp_path / "grown")


@pytest.fixture
def looked_for(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """The phrases of every search that is really made."""
    made: list[Sequence[str]] = []

    class Noting(SoundSearch):
        def find(self, phrases: Sequence[str]) -> Any:
            made.append(phrases)
            return super().find(phrases)

    monkeypatch.setattr(known_hits, "SoundSearch", Noting)
    return made


def scorecards(out: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(out).items() if name.endswith(".scorecard.json")}


def from_nothing(archive: Path, out: Path, pack: str) -> dict[str, bytes]:
    run_batch(BatchOptions(sources=(archive,), out=out, workers=0), Told(pack))
    return scorecards(out)


def test_a_changed_threshold_searches_nothing_and_gives_the_bytes_of_a_run_from_nothing(
    archive: Path, out: Path, changed: str, tmp_path: Path, looked_for: list[Sequence[str]]
) -> None:
    before = {name: data for name, data in tree(out).items() if "/hits/" in name}
    assert rejudge(out, Told(changed), workers=0).done == len(CALLS)
    assert not looked_for
    assert {name: data for name, data in tree(out).items() if "/hits/" in name} == before
    assert scorecards(out) == from_nothing(archive, tmp_path / "anew", changed)


def test_judged_by_other_code_a_call_is_judged_again(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rejudge(out, Told(), workers=0).done == 0
    mended = tmp_path / "analyzer"
    shutil.copytree(settings.PACKAGE, mended)
    with (mended / "rules" / "checks" / "words.py").open("ab") as file:
        file.write(b"# mended")
    monkeypatch.setattr(settings, "PACKAGE", mended)
    assert rejudge(out, Told(), workers=0).done == len(CALLS)
    assert rejudge(out, Told(), workers=0).done == 0


def test_only_new_phrases_are_looked_for(
    archive: Path, out: Path, grown: str, tmp_path: Path, looked_for: list[Sequence[str]]
) -> None:
    new = set(load_standard(grown).phrases) - set(load_standard("base").phrases)
    rejudge(out, Told(grown), workers=0)
    assert len(looked_for) == len(CALLS) and all(set(made) == new for made in looked_for)
    cards = scorecards(out)
    assert any("你去找别的部门" in data.decode() for data in cards.values())
    looked_for.clear()
    rejudge(out, Told(), workers=0)  # and back: hits of both standards are there
    rejudge(out, Told(grown), workers=0)
    assert not looked_for and scorecards(out) == cards
    assert cards == from_nothing(archive, tmp_path / "anew", grown)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_kept_hits_are_the_same_files_for_any_workers(
    workers: int, archive: Path, out: Path, tmp_path: Path
) -> None:
    run_batch(BatchOptions(sources=(archive,), out=tmp_path / "other", workers=workers), Told())
    assert tree(tmp_path / "other") == tree(out)


@pytest.mark.parametrize("damage", ["torn", "another", "gone", "no list", "torn list", "other search", "other hearing"])
def test_what_can_not_be_trusted_is_looked_for_anew(
    damage: str,
    archive: Path,
    out: Path,
    requoted: str,
    tmp_path: Path,
    looked_for: list[Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = sorted((out / ".analyzer" / "hits").glob("*/*.gz"))
    (listed,) = (out / ".analyzer" / "hits" / "phrases").iterdir()
    if damage == "torn":
        for file in files:
            file.write_bytes(file.read_bytes()[:-20])
    elif damage == "another":  # a whole file, of another call
        contents = [file.read_bytes() for file in files]
        for file, data in zip(files, contents[1:] + contents[:1], strict=True):
            file.write_bytes(data)
    elif damage == "gone":
        for file in files:
            file.unlink()
    elif damage == "no list":
        listed.unlink()
    elif damage == "torn list":
        listed.write_bytes(b"")
    elif damage == "other search":
        monkeypatch.setattr(known_hits, "search_identity", lambda: "another")
    else:
        keys = [file.name.removesuffix(".json.gz") for file in files]
        for key in keys:  # the same key, heard otherwise
            memory = FolderResults(out)
            kept = load_heard(memory, key)
            assert kept is not None
            keep_heard(memory, key, replace(kept.heard, settings_fingerprint="told again"))
    rejudge(out, Told(requoted), workers=0)
    # a lost list is made again with the first call, and its name is its content: it is right for the others too
    assert len(looked_for) == (1 if "list" in damage else len(CALLS))
    cards = scorecards(out)
    if damage != "other hearing":  # its fingerprint stands in the scorecard
        assert cards == from_nothing(archive, tmp_path / "anew", requoted)
    looked_for.clear()
    rejudge(out, Told(), workers=0)
    assert not looked_for, "what was found anew was not kept"


NO_LIST = b'{"a":1}'


@pytest.mark.parametrize("name", [known_hits._hash(NO_LIST), "../../../../elsewhere", "a\0b"], ids=ascii)
def test_a_hits_file_that_was_edited_leads_nowhere(
    name: str, archive: Path, out: Path, grown: str, tmp_path: Path
) -> None:
    (out / ".analyzer" / "hits" / "phrases" / f"{known_hits._hash(NO_LIST)}.json").write_bytes(NO_LIST)
    (tmp_path / "elsewhere.json").write_bytes(NO_LIST)
    for file in (out / ".analyzer" / "hits").glob("*/*.gz"):
        kept = known_hits._decoded(file.read_bytes())
        assert kept is not None
        file.write_bytes(seal([encode(replace_field(kept, phrases=name))])[0])
        assert not any("elsewhere" in one for one in bring(FolderResults(out), file.name.removesuffix(".json.gz")))
    assert rejudge(out, Told(grown), workers=0).exit_code == 0
    assert scorecards(out) == from_nothing(archive, tmp_path / "anew", grown)


def test_what_is_kept_does_not_grow_without_end(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_hits, "MOST_PHRASES", 4)
    memory = FolderResults(out)
    key = next((out / ".analyzer" / "hits").glob("*/*.gz")).name.removesuffix(".json.gz")
    kept = load_heard(memory, key)
    assert kept is not None
    search = KnownHits(key, kept, PhraseLists(memory))
    search.find(("您好", "再见", "没听说过"))
    search.keep()
    lists = PhraseLists(memory)
    again = KnownHits(key, kept, lists)
    assert set(again._all_hits()) <= {"您好", "再见", "没听说过"}
    assert lists.missing(again._known.phrases, lists.asked(("您好", "请稍等"))) == ("请稍等",)


def test_hits_travel_with_their_hearing_to_a_machine_that_sees_no_folder(out: Path) -> None:
    memory = FolderResults(out)
    key = next((out / ".analyzer" / "hits").glob("*/*.gz")).name.removesuffix(".json.gz")
    packed = memory.recall(heard_name(key))
    assert packed is not None
    parcel = Parcel({heard_name(key): packed, **bring(memory, key)})
    kept = load_heard(parcel, key)
    assert kept is not None
    search = KnownHits(key, kept, PhraseLists(parcel))
    phrases = load_standard("base").phrases
    search.find(phrases)
    search.keep()
    assert parcel.kept == []
    search.find(("一句新的话",))
    search.keep()
    assert [name.split("/")[0] for name, _ in parcel.kept] == ["hits", "hits"]
    parcel.open(memory)
    lists = PhraseLists(memory)
    assert lists.missing(KnownHits(key, kept, lists)._known.phrases, lists.asked(("一句新的话", phrases[-1]))) == ()


def test_searching_for_some_phrases_finds_what_searching_for_all_does() -> None:
    phrases, rng = load_standard("base").phrases, random.Random(5)
    for text in CALLS:
        call = parse_call(text).conversation
        whole = SoundSearch(call).find(phrases)
        for size in (1, 3, 40, 400):
            some = rng.sample(phrases, size)
            assert SoundSearch(call).find(some) == {p: whole[p] for p in some if p in whole}


def test_every_module_that_can_decide_a_hit_is_in_the_identity() -> None:
    assert imported_from("rules.phrases") - {"settings", "speech"} == set(searching._DECIDING)


def test_every_module_that_can_decide_a_ruling_is_in_the_basis() -> None:
    model = {"rules.wording", "rules.wording.model"}  # with its weights: "rules.wording.*"
    assert imported_from("rules.evaluate") - {"speech"} - model == {
        *searching._DECIDING,
        *rulings._DECIDING,
    } - {"rules.wording.*"}


def test_the_weights_of_what_is_worded_alike_are_in_the_basis() -> None:
    assert "rules.wording.*" in rulings._DECIDING
    assert {file.name for file in files_of("rules.wording.*")} >= {"model.py", "agent.npz", "customer.npz"}


def test_a_scorecard_says_nothing_of_where_its_hits_came_from(archive: Path, tmp_path: Path) -> None:
    judge, memory = LocalFactory().build_judge(), FolderResults(tmp_path)
    heard = heard_of(archive / "call0.wav")
    known = KnownHits("key", keep_heard(memory, "key", heard), PhraseLists(memory))
    cards: list[Scorecard] = [judge(heard), judge(heard, known)]
    assert cards[0] == cards[1]
