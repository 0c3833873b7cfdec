"""From a recording to a scorecard: the one place where the stages meet.

    path ─► Legs ─► VoiceMap ─► Transcript ─► announcements apart ─► Speakers ─► second hearing ─► trials ─┐
             Scorecard ◄─ judge_call(Standard) ◄─ Heard ◄─ Measures, Hangup ◄─ Conversation ◄──────────────┘

`Analyzer.hear` is everything that needs the audio. Of the standard it takes the phrases alone, as bare text, to try
them on the sound. `judge_call` is everything that needs the standard, and needs no audio. What lies between them
(`Heard`) can be kept, so that a changed standard judges a call again without listening again (`docs/design.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from analyzer import __version__
from analyzer.call.legs import look_at_legs
from analyzer.call.metadata import merge, read_sidecar
from analyzer.call.names import printable_name
from analyzer.call.types import CallMetadata, Layout, Legs
from analyzer.call.wav import read_call
from analyzer.errors import AnalyzerError, AudioError, MetadataError
from analyzer.measure.conversation import hear_conversation
from analyzer.measure.hangup import judge_hangup
from analyzer.measure.measures import measure_call
from analyzer.measure.types import Conversation, Hangup, Measures
from analyzer.rules.evaluate import judge
from analyzer.rules.rulings import KnownCall
from analyzer.rules.score import score, without_scores
from analyzer.rules.standard import Standard
from analyzer.rules.types import (
    SCHEMA_VERSION,
    CallFacts,
    CallOutcome,
    Failed,
    Finding,
    Provenance,
    Refused,
    Score,
    Scorecard,
    Scored,
)
from analyzer.rules.understood import why_unread
from analyzer.settings import fingerprint
from analyzer.speech import silero
from analyzer.speech.activity import find_speech
from analyzer.speech.activitysettings import ActivitySettings
from analyzer.speech.announcements import AnnouncementSettings, set_apart, without
from analyzer.speech.bleed import Cleaned, clean
from analyzer.speech.recognizer import SpeechRecognizer
from analyzer.speech.roles import assign_roles
from analyzer.speech.second_hearing import SecondHearingSettings, hear_again
from analyzer.speech.transcribe import TranscribeSettings, read_syllables, transcribe
from analyzer.speech.trials import TrialSettings, phrases_print, try_phrases, words_of
from analyzer.speech.types import Recognizer, VoiceMap

CUT_SHORT_MS = 1_000  # a header may claim a little more than was written, and no word is lost

Separator = Callable[[Legs, VoiceMap], VoiceMap]
"""Tells the voices of a mono call apart; None when its models are not installed."""


@dataclass(frozen=True, slots=True)
class HearingSettings:
    """What decides how a call is heard (with the recogniser's own settings): part of every fingerprint."""

    organisation: str = ""
    activity: ActivitySettings = field(default_factory=ActivitySettings)
    transcribing: TranscribeSettings = field(default_factory=TranscribeSettings)
    announcements: AnnouncementSettings = field(default_factory=AnnouncementSettings)
    second_hearing: SecondHearingSettings = field(default_factory=SecondHearingSettings)
    trials: TrialSettings = field(default_factory=TrialSettings)


@dataclass(frozen=True, slots=True)
class Heard:
    """A call as it was heard, before anybody judges it. Holds no samples."""

    call: CallFacts
    conversation: Conversation
    measures: Measures
    hangup: Hangup
    recognizer: Recognizer | None
    activity_model: str
    separation_model: str | None
    settings_fingerprint: str
    phrases_tried: str  # fingerprint of the phrases that were tried on the sound


class Analyzer:
    """Hears and judges calls with one loaded recogniser.

    Args:
        recognizer: turns speech into words; loaded once, used for every call of this process.
        settings: how calls are heard.
        separator: tells the voices of a mono call apart, or None.
        separation_model: the separator's name and hash, for the scorecard.
    """

    def __init__(
        self,
        recognizer: SpeechRecognizer,
        settings: HearingSettings | None = None,
        separator: Separator | None = None,
        separation_model: str | None = None,
    ) -> None:
        self.recognizer = recognizer
        self.settings = settings or HearingSettings()
        self.separator, self.separation_model = separator, separation_model
        self.fingerprint = fingerprint(__version__, self.settings, recognizer.identity, separation_model)

    def hear(self, path: Path, metadata: CallMetadata | None = None, phrases: tuple[str, ...] = ()) -> Heard:
        """Everything up to the measures.

        Args:
            path: the recording.
            metadata: what options or a manifest say of the call; the sidecar beside the recording adds to it.
            phrases: tried on the sound where the words only resemble them.

        Raises:
            AudioError: the recording can't be used.
            MetadataError: the sidecar can't be used.
        """
        metadata = merge(metadata, read_sidecar(path))
        audio = read_call(path)
        legs = look_at_legs(audio)
        cleaned = clean(legs)
        voices, separated_by = self._voices(legs, cleaned)
        transcript = transcribe(legs, voices, self.recognizer, self.settings.transcribing)
        voices, transcript, announcements = set_apart(voices, transcript, legs, self.settings.announcements)
        speakers = assign_roles(voices, transcript, metadata, self.settings.organisation)
        words = words_of(transcript.utterances)
        readings = hear_again(legs, voices, words, speakers, self.recognizer, self.settings.second_hearing)
        trials = try_phrases(
            legs, voices, words, readings, transcript.sounds, speakers, self.recognizer, phrases, self.settings.trials
        )
        transcript = replace(transcript, readings=readings, trials=trials)
        conversation = hear_conversation(legs, voices, transcript, speakers, announcements, cleaned)
        facts = replace(audio.facts, defects=audio.facts.defects + legs.defects)
        return Heard(
            call=CallFacts(printable_name(path.name), facts, legs.layout, legs.bleed, metadata),
            conversation=conversation,
            measures=measure_call(legs, voices, conversation, transcript.sounds),
            hangup=judge_hangup(legs, voices, conversation, metadata),
            recognizer=transcript.recognizer,
            activity_model=silero.identity(),
            separation_model=separated_by,
            settings_fingerprint=self.fingerprint,
            phrases_tried=phrases_print(phrases),
        )

    def _voices(self, legs: Legs, cleaned: Mapping[int, Cleaned]) -> tuple[VoiceMap, str | None]:
        """Who speaks when, and what told the voices of a mono call apart."""
        voices = find_speech(legs, self.settings.activity, cleaned)
        if legs.layout is Layout.STEREO or self.separator is None:
            return voices, None
        return self.separator(legs, voices), self.separation_model

    def try_again(self, path: Path, heard: Heard, phrases: tuple[str, ...]) -> Heard:
        """The same hearing with other phrases tried on the sound; nothing is transcribed again.

        Args:
            path: the recording that was heard.
            heard: by an analyser of the same fingerprint.
            phrases: to be tried.

        Raises:
            AudioError: the recording can't be used.
        """
        audio = read_call(path)
        if audio.facts.sha256 != heard.call.facts.sha256:
            raise AudioError("audio.changed", "the file is not the one that was heard", "Run again when it is complete")
        legs = look_at_legs(audio)
        voices = without(self._voices(legs, clean(legs))[0], heard.conversation.announcements)
        turns = (*heard.conversation.turns, *heard.conversation.backchannels)
        words, readings = words_of(turns), heard.conversation.readings
        sounds = read_syllables(legs, voices, self.recognizer, self.settings.transcribing)
        speakers = heard.conversation.speakers
        trials = try_phrases(
            legs, voices, words, readings, sounds, speakers, self.recognizer, phrases, self.settings.trials
        )
        return replace(
            heard, conversation=replace(heard.conversation, trials=trials), phrases_tried=phrases_print(phrases)
        )


def judge_call(heard: Heard, standard: Standard, known: KnownCall | None = None) -> Scorecard:
    """Judges a heard call by a standard: no audio, no model, milliseconds.

    Args:
        heard: the call.
        standard: loaded.
        known: where phrases are heard in this call, and what was ruled on it; None: nothing is known.
    """
    conversation, precedents = heard.conversation, known.precedents if known is not None else None
    judgement = judge(
        standard, conversation, heard.measures, heard.hangup, heard.call.metadata, known, precedents=precedents,
        cut_short=heard.call.facts.lost_ms >= CUT_SHORT_MS,
    )  # fmt: skip
    return Scorecard(
        schema_version=SCHEMA_VERSION,
        call=heard.call,
        provenance=Provenance(
            analyzer_version=__version__,
            settings_fingerprint=heard.settings_fingerprint,
            standard_id=standard.id,
            standard_version=standard.version,
            standard_sha256=standard.sha256,
            profile=standard.profile,
            recognizer=heard.recognizer,
            activity_model=heard.activity_model,
            separation_model=heard.separation_model,
            phrases_tried=heard.phrases_tried == phrases_print(standard.tried),
        ),
        speakers=conversation.speakers,
        score=_score(standard, judgement.findings, heard),
        findings=judgement.findings,
        observations=judgement.observations,
        measures=heard.measures.items,
        turns=conversation.turns,
        overlaps=conversation.overlaps,
        pauses=conversation.pauses,
        hangup=heard.hangup,
        doubts=conversation.doubts,
        series=heard.measures.series,
        announcements=conversation.announcements,
    )


def _score(standard: Standard, findings: tuple[Finding, ...], heard: Heard) -> Score:
    """The score; none where the words contradict who the agent is, or he (or anybody) was not heard or not understood.

    It would praise or blame the wrong person, or praise somebody for what nobody heard or understood.
    """
    made = score(standard, findings)
    if any(speaker.role_doubt for speaker in heard.conversation.speakers):
        reason: str | None = "roles_contradicted"
    else:
        reason = why_unread(standard, heard.conversation, heard.measures)
    if reason is None:
        return made
    return replace(made, total=None, reason=reason, sections=without_scores(made.sections))


def analyze_call(
    path: Path, analyzer: Analyzer, standard: Standard, metadata: CallMetadata | None = None
) -> CallOutcome:
    """Scores one recording; never raises for what the recording holds.

    Args:
        path: the recording.
        analyzer: with its recogniser loaded.
        standard: loaded for the organisation and profile wanted.
        metadata: what options or a manifest say of the call; the sidecar adds to it.

    Returns:
        Scored, Refused (the input: the user can mend it) or Failed (ours, or the machine's).
    """
    return outcome_of(path, lambda: judge_call(analyzer.hear(path, metadata, standard.tried), standard))


def outcome_of(path: Path, work: Callable[[], Scorecard]) -> CallOutcome:
    """What became of one recording, whatever `work` on it raised."""
    name = printable_name(path.name)
    try:
        return Scored(work())
    except (AudioError, MetadataError) as error:
        return Refused(name, error.code, error.seen, error.todo)
    except AnalyzerError as error:
        return Failed(name, error.code, error.seen, error.todo)
    except MemoryError:
        return Failed(name, "machine.memory", "not enough memory for this recording", "Use fewer workers.")
    except OSError as error:
        return Failed(name, "machine.io", f"the system said {error.strerror or type(error).__name__}", "Try again.")
    except Exception as error:  # one bad file never stops a batch; the type alone holds no customer's words
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else "?"
        todo = "This is a defect of the analyser: report it with the recording's codec, rate and length."
        return Failed(name, "internal.error", f"{type(error).__name__} at {place}", todo)
