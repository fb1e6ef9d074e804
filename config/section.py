"""What all groups of settings are made of."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from config.secret import Secret


def listed(value: object) -> object:
    """A list that was written with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise PydanticCustomError("not_web_address", "a web address begins with https:// or http://")
    return value.rstrip("/")


Names = Annotated[tuple[str, ...], BeforeValidator(listed)]
Dates = Annotated[tuple[date, ...], BeforeValidator(listed)]
Rotating = Annotated[tuple[Secret, ...], Field(max_length=2), BeforeValidator(listed)]
"""A secret that is being changed: the old one and the new one hold at the same time."""
WebAddress = Annotated[str, AfterValidator(_web_address)]
Count = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """A group of settings that belong together. Frozen; an unknown name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
