"""Writes desk.example.toml from the settings themselves: `python -m config.example`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from config.settings import Settings
from core.clocks.calendar import Shift

HEAD = """\
# 回应的配置。复制为 desk.toml，只留下要改的行；环境变量优先，例如 HUIYING_LISTEN_PORT=9000、
# HUIYING_CHANNELS__WECOM__CORP_ID=ww1。密钥只写出处：env:变量名 或 file:/绝对路径。
# Settings of the desk. Copy to desk.toml and keep the lines that you change; the environment wins.
# A secret is named by where it is kept: env:NAME or file:/absolute/path.
"""


def example() -> str:
    """Every setting with its explanation and its default, as TOML that changes nothing when read."""
    return HEAD + "\n".join(_section(Settings, ())) + "\n"


def _section(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    inner: list[tuple[str, Any]] = []
    for name, field in model.model_fields.items():
        if _is_section(field.annotation):
            inner.append((name, field.annotation))
        else:
            yield f"\n# {field.description}\n{_line(name, field.default, field.annotation)}"
    for name, section in inner:
        here = (*path, name)
        if any(not _is_section(field.annotation) for field in section.model_fields.values()):
            yield f"\n# {section.__doc__}\n[{'.'.join(here)}]"
        yield from _section(section, here)


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _line(name: str, default: Any, annotation: Any) -> str:
    if default is None:
        return f"# {name} = 0" if int in get_args(annotation) else f'# {name} = ""'
    if isinstance(default, time):
        return f"{name} = {default.isoformat()}"
    if isinstance(default, Mapping):
        pairs = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in default.items()]
        return f"{name} = {{ {', '.join(pairs)} }}" if pairs else f"{name} = {{}}"
    return f"{name} = {json.dumps(default, ensure_ascii=False, default=_plain)}"


def _plain(value: Any) -> Any:
    if isinstance(value, Path | Shift):
        return str(value)
    raise TypeError(f"no TOML for {value!r}")


if __name__ == "__main__":
    print(example(), end="")
