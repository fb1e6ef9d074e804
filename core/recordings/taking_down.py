"""What was said in a voice message is taken down as a job, and comes back as a message of its own, at the time at which it
was spoken (S68, S82).

A voice message whose words nobody knows yet is not heard at once: its words come within seconds, and they decide what it
is (a report, a question, a note). Voice messages of one room are heard in the order in which they were spoken. One whose words
keep us waiting is heard without them, so that its ticket waits for nothing; they are heard when they come.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from sqlalchemy import bindparam, select

from core.conversations.saying import answer, conversation_with
from core.people.model import Person
from core.recordings.model import OPEN, Recording, Stage
from core.store.intake import bring, message_of
from core.store.model import Inbox, Job, RoomRow, Timer
from core.store.turn import Turn
from core.tickets.attaching import FETCH, attachment_of, percent
from core.words import Inbound, Media, Room

TAKE_DOWN = "take_down"
"""The job that fetches a recording and finds out its words: data {recording, channel, media, lang}, result {media, why}."""
ATTEMPTS = 3
"""How often it is tried while its platform does not give the file out; then it is heard without words."""
NOTICE_TIMER = "recording.notice"
WAIT_TIMER = "recording.wait"
OURS = "recording:"
"""How the keys of messages begin that bring a recording's words, or say that there are none."""

_open_in = (
    select(Recording.table).where(Recording.table.c.room == bindparam("room"), OPEN).order_by(Recording.table.c.id)
)


def is_ours(row: Inbox) -> bool:
    """Whether this message was made here: the words of a recording, or that it has none."""
    return row.key.startswith(OURS)


def take_down(turn: Turn, row: Inbox, message: Inbound, person: Person) -> str:
    """Have the words of a voice message found out; it is heard with them."""
    [media, *_] = message.media
    recording = turn.add(
        Recording(id=turn.new_id(), inbox_id=row.id, person_id=person.id, room=row.room, at=row.at, media=asdict(media))
    )
    channel, lang = message.room.channel, person.lang
    data = {"recording": recording.id, "channel": channel, "media": recording.media, "lang": lang}
    turn.start(TAKE_DOWN, f"{TAKE_DOWN}:{recording.id}", data)
    policy, subject, timed = turn.house.policies.conversation, _subject(recording), {"recording": recording.id}
    turn.remind(NOTICE_TIMER, subject, turn.now + policy.voice_notice, data=timed)
    turn.remind(WAIT_TIMER, subject, turn.now + policy.voice_wait, data=timed)
    return "taking down"


def taken_down(turn: Turn, job: Job) -> None:
    """The job is done: its `media` are the file and its words, if there are any that can be believed."""
    result = job.result or {}
    job.result = {"why": result.get("why")}
    _found(turn, job, Media.of({**job.data["media"], **result.get("media", {})}))


def not_taken_down(turn: Turn, job: Job) -> None:
    """The recording cannot be had: it is heard without words, and its file is asked for once more."""
    _found(turn, job, Media.of(job.data["media"]))


def _found(turn: Turn, job: Job, media: Media) -> None:
    recording = _locked(turn, job.data["recording"])
    if recording is None:
        return
    recording.media, recording.heard_at = asdict(media), turn.now
    if recording.stage == Stage.LATE:
        _write_under(turn, recording, media)
        _hear(turn, recording, replace(media, ref=""), "words")
        recording.stage = Stage.DONE
    else:
        recording.stage = Stage.READY
    for kind in (NOTICE_TIMER, WAIT_TIMER):
        turn.forget(kind, _subject(recording))
    _pass_on(turn, recording.room)


def wait_no_longer(turn: Turn, timer: Timer) -> None:
    """Its words keep us waiting: it is heard without them."""
    recording = _locked(turn, timer.data["recording"])
    if recording is None:
        return
    if recording.stage == Stage.LISTENING:
        recording.stage = Stage.LATE
        _hear(turn, recording, replace(Media.of(recording.media), recording=recording.id), "late")
    _pass_on(turn, recording.room)


def say_that_it_came(turn: Turn, timer: Timer) -> None:
    """Its speaker hears that his voice message came, once for all that wait there."""
    recording = _locked(turn, timer.data["recording"])
    person = turn.get(Person, recording.person_id) if recording else None
    if recording is None or person is None or recording.stage != Stage.LISTENING:
        return
    waiting = [other for other in _open(turn, recording.room) if other.person_id == person.id]
    if not any(other.told for other in waiting):
        talk = conversation_with(turn, person, Room.of(recording.room))
        answer(turn, talk, "voice_received", turn.house.wording.text(talk.lang, "voice.received"))
    for other in waiting:
        other.told = True


def _pass_on(turn: Turn, room: str) -> None:
    """What is ready is heard, in the order in which it was spoken."""
    for recording in _open(turn, room):
        if recording.stage == Stage.LISTENING:
            return
        if recording.stage == Stage.READY:
            _hear(turn, recording, Media.of(recording.media), "heard")
            recording.stage = Stage.DONE


def _hear(turn: Turn, recording: Recording, media: Media, how: str) -> None:
    """Put a message in: what the recording says, in the name of its speaker, at the time at which he spoke.

    A file without `ref` has landed on its ticket before.
    """
    row = turn.get(Inbox, recording.inbox_id)
    assert row is not None
    said = replace(
        message_of(row),
        key=f"{OURS}{recording.id}:{how}",
        text=media.words or "",
        media=(media,) if media.ref else (),
        raw=b"",
    )
    bring(turn, said)


def _write_under(turn: Turn, recording: Recording, media: Media) -> None:
    """The file lies on a ticket already: what came of it is written there."""
    attachment = attachment_of(turn, recording.id)
    if attachment is None:
        return
    attachment.words, attachment.engine = media.words, media.engine
    attachment.confidence = percent(media.confidence)
    if media.hash:
        attachment.hash, attachment.size, attachment.mime = media.hash, media.size, media.mime
    else:
        data = {"attachment": attachment.id, "channel": attachment.channel, "media": asdict(media)}
        turn.start(FETCH, f"{FETCH}:{attachment.id}", data)


def _open(turn: Turn, room: str) -> list[Recording]:
    return turn.rows(Recording, _open_in, room=room)


def _locked(turn: Turn, recording_id: int) -> Recording | None:
    """The recording, while nobody else changes what waits in its room."""
    recording = turn.get(Recording, recording_id)
    if recording is not None:
        turn.get(RoomRow, recording.room, lock=True)
        recording = turn.get(Recording, recording_id, lock=True)
    return recording


def _subject(recording: Recording) -> str:
    return f"recording:{recording.id}"


TIMERS = {NOTICE_TIMER: say_that_it_came, WAIT_TIMER: wait_no_longer}
