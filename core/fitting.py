"""Fitting what the desk says to what a channel can show: once, for all channels, without side effects."""

from __future__ import annotations

from dataclasses import replace

from core.words import Button, Can, Say, Size


def fit(say: Say, can: Can) -> list[Say]:
    """The messages in which a channel can show `say`, in order; the last one carries buttons and file.

    A card becomes lines of "字段：值" where there are no cards, buttons become a numbered menu where there are too few
    or their tokens are too long, a file that is too large becomes its link, and long text is cut at line ends.
    """
    lines = [say.text] if say.text else []
    title, facts, buttons, file = say.title, say.facts, say.buttons, say.file
    if not can.card and (title or facts):
        lines += [title] if title else []
        lines += [f"{label}{'：' if not label.isascii() else ': '}{value}" for label, value in facts]
        title, facts = None, ()
    if not _fits(buttons, can):
        menu = _numbered(buttons)
        lines += [menu] if menu else []
        buttons = ()
    if file and file.size > can.file:
        lines += [f"{file.name}" + (f" {say.link}" if say.link else "")]
        file = None
    elif say.link and not can.card:
        lines += [say.link]
    parts = cut("\n".join(lines), can.text)
    head = [
        replace(say, text=part, title=None, facts=(), buttons=(), file=None, link=None, asks=(), offers=(), also=())
        for part in parts[:-1]
    ]
    return [*head, replace(say, text=parts[-1], title=title, facts=facts, buttons=buttons, file=file)]


def cut(text: str, size: Size) -> list[str]:
    """Text in pieces that each keep within `size`, cut at line ends where possible; at least one piece."""
    if size.of(text) <= size.most:
        return [text]
    pieces, piece = [], ""
    for line in text.splitlines():
        longer = f"{piece}\n{line}" if piece else line
        if size.of(longer) <= size.most:
            piece = longer
            continue
        if piece:
            pieces.append(piece)
        *whole, piece = _chop(line, size)
        pieces += whole
    return [*pieces, piece] if piece else pieces


def _chop(line: str, size: Size) -> list[str]:
    """One line in pieces within `size`; a character is never cut in two."""
    pieces, piece, used = [], [], 0
    for character in line:
        cost = size.of(character)
        if used + cost > size.most:
            pieces.append("".join(piece))
            piece, used = [], 0
        piece.append(character)
        used += cost
    return [*pieces, "".join(piece)]


def _fits(buttons: tuple[Button, ...], can: Can) -> bool:
    return len(buttons) <= can.buttons and all(
        len((button.token or "").encode()) <= can.token and can.label.of(button.label) <= can.label.most
        for button in buttons
    )


def _numbered(buttons: tuple[Button, ...]) -> str:
    """A menu to choose from by number. A lone button makes none: a typed "1" often means only "I heard"."""
    choices = [f"{number} {button.label}" for number, button in enumerate(buttons, 1) if button.token]
    links = [f"{button.label} {button.url}" for button in buttons if button.url]
    return "\n".join([*(choices if len(choices) > 1 else []), *links])
