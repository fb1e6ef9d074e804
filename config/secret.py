"""A secret is named by where it is kept, never written into the configuration (密钥只写出处)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

LONGEST = 64 * 1024
"""Most bytes that a secret's file may have; more is a wrong path."""


class CannotReveal(Exception):
    """The place that a reference names has no secret to give. `reference` is safe to show; `code` says why."""

    def __init__(self, reference: str, code: str) -> None:
        super().__init__(f"{reference}: {code}")
        self.reference, self.code = reference, code


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is kept: `env:NAME`, `file:/absolute/path` or `keyring:service/name`.

    Shows only the reference, in repr, in logs and in dumps.
    """

    reference: str

    def reveal(self) -> str:
        """The secret itself, read anew each time so that a rotated one is seen. Raises CannotReveal."""
        scheme, _, place = self.reference.partition(":")
        content = _READERS[scheme](self.reference, place)
        if not content:
            raise CannotReveal(self.reference, "secret_empty")
        return content

    @property
    def path(self) -> Path | None:
        """The file that keeps it, if one does."""
        scheme, _, place = self.reference.partition(":")
        return Path(place) if scheme == "file" else None

    def __str__(self) -> str:
        return self.reference

    def __repr__(self) -> str:
        return f"Secret({self.reference})"

    @classmethod
    def parse(cls, value: object) -> Secret:
        """The reference as a value. Raises PydanticCustomError, which never holds what was written."""
        if isinstance(value, Secret):
            return value
        if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
            raise PydanticCustomError("secret_plain", "name where the secret is kept: env:NAME or file:/absolute/path")
        if value.startswith("keyring:") and find_spec("keyring") is None:
            raise PydanticCustomError("secret_no_keyring", "keyring: needs the keyring package, which is not installed")
        return cls(value)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )


_REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00-\x1f]+|keyring:[^/\s]+/\S+")


def _from_environment(reference: str, name: str) -> str:
    if name not in os.environ:
        raise CannotReveal(reference, "secret_env_unset")
    return os.environ[name].strip()


def _from_file(reference: str, path: str) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(LONGEST + 1)
    except OSError:
        raise CannotReveal(reference, "secret_file_unreadable") from None
    if len(content) > LONGEST:
        raise CannotReveal(reference, "secret_file_too_long")
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        raise CannotReveal(reference, "secret_file_not_text") from None


def _from_keyring(reference: str, place: str) -> str:
    service, _, name = place.partition("/")
    return import_module("keyring").get_password(service, name) or ""


_READERS: dict[str, Callable[[str, str], str]] = {
    "env": _from_environment,
    "file": _from_file,
    "keyring": _from_keyring,
}
