"""The same play told ticket by ticket: who said what about it, who heard what, in order (`desk play --stories`)."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from config.script import Script


def stories(script: Script, lines: list[dict[str, Any]]) -> str:
    """Every ticket's story, one after the other, as people read it."""
    told: dict[str, list[str]] = defaultdict(list)
    saved: dict[str, str] = {}
    for line in lines:
        step = script.steps[line["turn"]]
        if step.save and line["created"]:
            saved[step.save] = line["created"][0]
        words = re.sub(r"\$\{(\w+)\}", lambda found: saved.get(found[1], found[0]), step.msg or f"[{step.type}]")
        concerned = {number for message in line["sent"] for number in _numbers(message["text"], line)}
        for number in sorted(concerned | set(line["created"]) | _numbers(words, line)):
            if step.sender:
                told[number].append(f"  {line['at'][5:19]}  {_name(script, step.sender)}: {words}")
            for message in line["sent"]:
                if number in _numbers(message["text"], line):
                    first = message["text"].splitlines()[0] if message["text"] else ""
                    told[number].append(
                        f"  {message['at'][5:19]}    → {_name(script, message['to'])} [{message['kind']}] {first}"
                    )
    return "\n".join("\n".join([f"\n{number}", *told[number]]) for number in sorted(told))


def _numbers(text: str, line: dict[str, Any]) -> set[str]:
    return {number for number in line["tickets"] if re.search(rf"{re.escape(number)}(?![0-9])", text)}


def _name(script: Script, key: str) -> str:
    return (script.people.get(key) or {}).get("name") or key
