"""What a dialogue script expects, held against what the desk did: `desk play --check`. The keys are described in docs/scripts.md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from config.matching import bare, has, language, listed, masked, matches
from config.scene import Fault, Line, Scene
from config.script import Script

PRIORITIES = ("P2", "P1", "P0")
"""Rising."""
SILENT = "silent"
"""A kind of reply: nothing at all is right too."""


def check(script: Script, lines: Sequence[Line]) -> list[Fault]:
    """Everything in which the desk did not do what the script expects; empty if all holds."""
    faults, names, first = [], dict[str, str](), 0
    for turn, step in enumerate(script.steps):
        if step.parallel:
            continue
        for number in range(first, turn + 1):
            for key, want in _wants(script, lines, number, names, faults).items():
                scene = Scene(script, lines, number, first, turn, names, script.steps[number].row["expect"])
                scene.must(key in EXPECT, f"a known key, not {key!r}")
                EXPECT.get(key, _nothing)(scene, want)
                faults += scene.faults
        first = turn + 1
    return [*faults, *_made(script, lines), *_asked_twice(script, lines), *_leaks(script, lines)]


def _wants(
    script: Script, lines: Sequence[Line], number: int, names: dict[str, str], faults: list[Fault]
) -> Mapping[str, Any]:
    """What the turn expects; the number of the ticket that it makes gets its name first."""
    step = script.steps[number]
    if step.save:
        made = lines[number]["created"]
        names.update({step.save: made[0]} if made else {})
        if len(made) != 1:
            faults.append(Fault(number, f"one ticket made, to be called {step.save}", str(made)))
    return step.row.get("expect") or {}


# ---- what a turn may expect


def _reply(scene: Scene, want: Mapping[str, Any]) -> None:
    _known(scene, want, REPLY_KEYS, "reply")
    kinds = listed(want.get("kind"))
    replies = [message for message in scene.replies if message["to"] == want.get("to", message["to"])]
    timely = scene.in_time(replies)
    quiet = SILENT in kinds and not replies
    if SILENT in kinds:
        scene.must(all(_is(message, kinds) for message in replies), f"silence, or {_or(kinds)}", _said(replies))
    elif kinds:
        scene.must(any(_is(message, kinds) for message in timely), f"a reply of kind {_or(kinds)}", _said(replies))
    if quiet:
        return
    meant = [message for message in timely if not kinds or _is(message, kinds)]
    _texts(scene, want, meant, replies, "a reply")
    for key in REPLY.keys() & want.keys():
        REPLY[key](scene, want[key], timely, replies)


def _same_as(scene: Scene, turn: int, timely: list[Line], replies: list[Line]) -> None:
    other = Scene(scene.script, scene.lines, turn, turn, turn, scene.names)
    said = masked(_text(replies))
    scene.must(bool(said) and said == masked(_text(other.replies)), f"the same words as in turn {turn}", said)


REPLY: dict[str, Callable[[Scene, Any, list[Line], list[Line]], None]] = {
    "via": lambda scene, via, timely, all_: scene.must(
        any(message["via"] == via for message in timely), f"a reply via {via}", _said(all_)
    ),
    "thread": lambda scene, thread, timely, all_: scene.must(
        bool(timely) and all(message.get("thread") == thread for message in timely), f"a reply in {thread}", _said(all_)
    ),
    "max": lambda scene, most, timely, all_: scene.must(len(all_) <= most, f"at most {most} replies", _said(all_)),
    "max_chars": lambda scene, most, timely, all_: scene.must(
        bool(all_) and all(len(_text([message])) <= most for message in all_), f"at most {most} characters", _said(all_)
    ),
    "lang": lambda scene, lang, timely, all_: scene.must(
        bool(all_) and all(language(_text([message])) == lang for message in all_), f"a reply in {lang}", _said(all_)
    ),
    "also": lambda scene, kinds, timely, all_: scene.must(
        any(_is(message, listed(kinds)) for message in timely),
        f"a reply also of kind {_or(listed(kinds))}",
        _said(all_),
    ),
    "offers": lambda scene, intent, timely, all_: scene.must(
        any(intent in (message.get("offers") or ()) for message in timely), f"a reply offering {intent}", _said(all_)
    ),
    "same_as_turn": _same_as,
}
"""What may be said of a reply besides its kind and words."""
TEXT_KEYS = frozenset({"includes", "includes_any", "excludes", "excludes_pattern"})
REPLY_KEYS = frozenset({"kind", "to", "note"}) | TEXT_KEYS | REPLY.keys()
NOTIFY_KEYS = frozenset(
    {"to", "kind", "via", "count", "max", "count_as", "includes", "includes_any", "excludes", "signed", "note"}
)


def _notify(scene: Scene, wants: Any) -> None:
    for want in listed(wants):
        _known(scene, want, NOTIFY_KEYS, "notify")
        who, kinds, via = str(want.get("to")), listed(want.get("kind")), want.get("via")
        theirs = scene.reaching(who)
        found = [m for m in theirs if (not kinds or _is(m, kinds)) and m["via"] == (via or m["via"])]
        what = f"{_or(kinds) or 'a message'} to {who}{f' via {via}' if via else ''}"
        _count(scene, want, what, found, _said(theirs or scene.sent))
        _texts(scene, want, scene.in_time(found), theirs, what)
        if "report_pdf" in kinds:
            files = [file for m in scene.in_time(found) for file in m.get("files") or ()]
            pdfs = [file for file in files if file.get("mime") == "application/pdf" and file.get("bytes")]
            scene.must(bool(pdfs), f"a PDF to {who}", files)
            scene.must(
                not want.get("signed") or any(file.get("signed") for file in pdfs), f"a signed PDF to {who}", files
            )


def _count(scene: Scene, want: Mapping[str, Any], what: str, found: list[Line], came: str) -> None:
    """As many as were asked for: so many, at most so many, as many as of another kind before, else at least one in time."""
    if "count_as" in want:
        earlier = [Scene(scene.script, scene.lines, n, n, n, scene.names) for n in range(scene.turn)]
        who, kind = str(want.get("to")), want["count_as"]
        due = sum(scene.reaches(m, who) and _is(m, [kind]) for one in earlier for m in one.seen[0]["sent"])
        scene.must(len(found) == due, f"{due} × {what}, as many as {kind} before", came)
    elif "count" in want:
        scene.must(len(found) == want["count"] == len(scene.in_time(found)), f"{want['count']} × {what}", came)
    elif "max" in want:
        scene.must(len(found) <= want["max"], f"at most {want['max']} × {what}", came)
    else:
        scene.must(bool(scene.in_time(found)), what, came)


def _not(scene: Scene, want: Mapping[str, Any]) -> None:
    _known(scene, want, {"asks", "kinds", "text"}, "not")
    for slot in listed(want.get("asks")):
        scene.must(slot not in scene.asked, f"{slot} not asked", scene.asked)
    for kind in listed(want.get("kinds")):
        scene.must(not any(_is(m, [kind]) for m in scene.sent), f"nothing of kind {kind}", _said(scene.sent))
    for text in listed(want.get("text")):
        scene.must(not has(_text(scene.sent), text), f"nothing with {text!r}", _said(scene.sent))


def _ticket(scene: Scene, want: Mapping[str, Any]) -> None:
    for key, value in want.items():
        if key in COUNTS:
            COUNTS[key](scene, value)
        elif key == "number":
            scene.must(scene.ticket is not None, f"ticket {scene.filled(value)}", list(scene.tickets))
        elif key == "mentions":
            told = json.dumps([scene.tickets.get(number) for number in scene.created], ensure_ascii=False, default=str)
            for word in value:
                scene.must(has(told, word), f"a new ticket that mentions {word}", told)
        else:
            _field(scene, key, value)


def _field(scene: Scene, key: str, value: Any) -> None:
    name, _, how = next(
        ((key[: -len(end)], "", end) for end in ("_in", "_min", "_date") if key.endswith(end)), (key, "", "")
    )
    ticket = scene.ticket
    got = (ticket or {}).get(name)
    match how:
        case "_in":
            holds = got in value
        case "_min":
            holds = got in PRIORITIES and PRIORITIES.index(got) >= PRIORITIES.index(value)
        case "_date":
            holds = bool(got) and str(listed(got)[0])[:10] == str(value)
        case _:
            holds = matches(name, scene.filled(value), got)
    scene.must(ticket is not None and holds, f"ticket {key} = {value}", "no such ticket" if ticket is None else got)


COUNTS: dict[str, Callable[[Scene, Any], None]] = {
    "count_new": lambda scene, n: scene.must(len(scene.created) == n, f"{n} tickets made", scene.created),
    "count_new_in": lambda scene, some: scene.must(len(scene.created) in some, f"{some} tickets made", scene.created),
    "count_total": lambda scene, n: scene.must(
        sum(len(line["created"]) for line in scene.lines[: scene.turn + 1]) == n, f"{n} tickets made so far", scene.created
    ),
}  # fmt: skip
"""How many tickets there are to be."""


def _asks(scene: Scene, slots: Any) -> None:
    for slot in listed(slots):
        scene.must(slot in scene.asked, f"{slot} asked", scene.asked)


def _deliver_to(scene: Scene, who: str) -> None:
    words = bare(scene.script.steps[scene.turn].msg or "")
    got = [m for m in scene.in_time(scene.sent) if m["to"] == who and words in bare(m["text"])]
    scene.must(bool(got), f"the words passed on to {who}", _said(scene.sent))


def _all_replies(scene: Scene) -> list[Line]:
    speaker = scene.script.steps[scene.turn].sender
    return [m for line in scene.lines[: scene.last + 1] for m in line["sent"] if m["to"] == speaker]


def _nothing(scene: Scene, want: Any) -> None:
    """A word for the reader."""


EXPECT: dict[str, Callable[[Scene, Any], None]] = {
    "reply": _reply,
    "ticket": _ticket,
    "notify": _notify,
    "not": _not,
    "asks": _asks,
    "may_ask": lambda scene, some: scene.must(set(scene.asked) <= set(some), f"nothing asked but {some}", scene.asked),
    "replies_max": lambda scene, n: scene.must(len(scene.replies) <= n, f"at most {n} replies", _said(scene.replies)),
    "replies_max_total": lambda scene, n: scene.must(
        len(_all_replies(scene)) <= n, f"at most {n} replies so far", _said(_all_replies(scene))
    ),
    "deliver_to": _deliver_to,
    "note": _nothing,
}
"""What a turn may expect."""


# ---- the whole script


def _made(script: Script, lines: Sequence[Line]) -> Iterator[Fault]:
    made = sum(len(line["created"]) for line in lines)
    if script.makes is not None and made not in listed(script.makes):
        yield Fault(None, f"{script.makes} tickets made in the whole script", str(made))


def _asked_twice(script: Script, lines: Sequence[Line]) -> Iterator[Fault]:
    for slot in script.never_ask_twice:
        asked, made, known = list[int](), list[str](), False
        for turn, line in enumerate(lines):
            made += line["created"]
            known = known or bool(made and line["tickets"].get(made[-1], {}).get(slot))
            if slot in line["asked"]:
                asked.append(turn)
                if known:
                    yield Fault(turn, f"{slot} not asked, the ticket has it", slot)
        if len(asked) > 1:
            yield Fault(None, f"{slot} asked once at most", f"asked in turns {asked}")


def _leaks(script: Script, lines: Sequence[Line]) -> Iterator[Fault]:
    """Purchasing reads no customer's phone, a customer no other customer's."""
    people = script.people
    phones = {
        k: str(p["phone"]).lstrip("+") for k, p in people.items() if p.get("role") == "customer" and p.get("phone")
    }
    for turn, line in enumerate(lines):
        for message in line["sent"]:
            role = (people.get(message["to"]) or {}).get("role")
            hidden = (
                phones.keys()
                if role == "procurement"
                else phones.keys() - {message["to"]}
                if role == "customer"
                else ()
            )
            digits = re.sub(r"(?<=\d)[ -](?=\d)", "", _text([message]))
            for key in hidden:
                if phones[key] in digits:
                    yield Fault(turn, f"{message['to']} shown nobody's phone", f"that of {key}")


# ---- words


def _texts(scene: Scene, want: Mapping[str, Any], meant: Sequence[Line], whole: Sequence[Line], what: str) -> None:
    """Words that must stand in what was meant, and words that must stand in nothing he got."""
    said, everything = _text(meant), _text(whole)
    for words in map(scene.filled, listed(want.get("includes"))):
        scene.must(has(said, words), f"{what} with {words!r}", said)
    some = list(map(scene.filled, listed(want.get("includes_any"))))
    scene.must(not some or any(has(said, words) for words in some), f"{what} with one of {some}", said)
    for words in map(scene.filled, listed(want.get("excludes"))):
        scene.must(not has(everything, words), f"{what} without {words!r}", everything)
    pattern = want.get("excludes_pattern")
    scene.must(not (pattern and re.search(pattern, everything)), f"{what} without /{pattern}/", everything)


def _known(scene: Scene, want: Mapping[str, Any], known: Any, where: str) -> None:
    for key in want.keys() - known:
        scene.must(False, f"a known key in {where}, not {key!r}")


def _is(message: Line, kinds: Sequence[str]) -> bool:
    return bool({message["kind"], *(message.get("also") or ())} & set(kinds))


def _text(messages: Sequence[Line]) -> str:
    """Words, labels of buttons and names of files."""
    parts = [[m["text"], *(m.get("buttons") or ()), *(file["name"] for file in m.get("files") or ())] for m in messages]
    return "\n".join(part for message in parts for part in message if part)


def _said(messages: Sequence[Line]) -> str:
    return "; ".join(f"{m['to']} via {m['via']} [{m['kind']}] {m['text'][:60]!r}" for m in messages)


def _or(kinds: Sequence[str]) -> str:
    return " or ".join(kinds)
