"""How other systems name what the desk knows, and the organisation tree they gave us."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from core.store.rows import Row, stored
from core.words import Micros


@stored(
    "external_id",
    UniqueConstraint("entity", "system", "kind", "external"),
    Index("external_id_subject", "kind", "subject_id"),
)
class ExternalId(Row):
    """A thing's name in another system (映射中间表): `kind` is person, account, department or ticket, `subject_id` our row.

    Of kind account, `system` is a channel and `external` the identity by which the person speaks there.
    """

    id: int = Field(primary_key=True)
    entity: str
    system: str
    kind: str
    external: str
    subject_id: int
    since: Micros


@stored("department", UniqueConstraint("entity", "path"))
class Department(Row):
    """A node of the organisation tree: `path` is its place from the top, 生产中心/设备部/维修一组."""

    id: int = Field(primary_key=True)
    entity: str
    path: str
    name: str
    parent_id: int | None = None
