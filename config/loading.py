"""Reading the settings, and saying in plain words what is wrong with them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from tomllib import TOMLDecodeError

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.settings import FILE_VARIABLE, PREFIX, Settings, config_file, known_names
from config.troubles import Trouble, known

NOT_SETTINGS = {FILE_VARIABLE, "HUIYING_STRICT"}
"""Names that begin like settings and are none: the file to read, and the tests' own switch."""


class Unusable(Exception):
    """The settings cannot be used. `troubles` says why; no value that was written is repeated in them."""

    def __init__(self, *troubles: Trouble) -> None:
        self.troubles = troubles
        super().__init__(" ".join(f"{said.what} {said.next_step}" for said in (t.said("en") for t in troubles)))


def load() -> Settings:
    """The settings of this process, from the environment and the file. Raises Unusable."""
    path = config_file()
    if FILE_VARIABLE in os.environ and not path.is_file():
        raise Unusable(Trouble("file_missing", values={"path": path}))
    unknown = tuple(_unknown_variables(os.environ))
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = tuple(_explained(detail) for detail in error.errors(include_input=False, include_url=False))
        raise Unusable(*unknown, *wrong) from None
    except TOMLDecodeError as error:
        raise Unusable(Trouble("file_not_toml", values={"path": path, "line": _line(error, path)})) from None
    except (OSError, UnicodeDecodeError):
        raise Unusable(Trouble("file_unreadable", values={"path": path})) from None
    if unknown:
        raise Unusable(*unknown)
    return settings


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[Trouble]:
    """Variables that begin with our prefix and name no setting at the top; deeper names the model refuses itself."""
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name not in NOT_SETTINGS:
            first = name[len(PREFIX) :].lower().partition("__")[0]
            if first not in Settings.model_fields:
                yield _unknown(name, first, (), lambda near: PREFIX + near.upper())


def _explained(detail: ErrorDetails) -> Trouble:
    path = tuple(str(name) for name in detail["loc"])
    where = ".".join(path)
    if detail["type"] == "extra_forbidden":
        parent = path[:-1]
        return _unknown(where, path[-1], parent, lambda near: ".".join((*parent, near)))
    if detail["type"] in ("model_type", "model_attributes_type", "dict_type"):
        return Trouble("not_a_section", values={"where": where})
    if known(detail["type"]):
        return Trouble(detail["type"], values={**detail.get("ctx", {}), "where": where})
    return Trouble("invalid", values={"where": where, "why": detail["msg"]})


def _unknown(where: str, name: str, parent: tuple[str, ...], spell: Callable[[str], str]) -> Trouble:
    near = get_close_matches(name.lower(), known_names(Settings, parent), n=1)
    if not near:
        return Trouble("unknown_name", values={"where": where})
    return Trouble("unknown_name_near", values={"where": where, "near": spell(near[0])})


def _line(error: TOMLDecodeError, path: Path) -> str | int:
    found = re.search(r"line (\d+)", str(error))
    return found[1] if found else len(path.read_text(encoding="utf-8").splitlines())
