"""A company's directory as a chat platform keeps it: departments, and members with their places in them (通讯录)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from core.links.cells import name_of, phone_of, text_of
from core.links.lines import Line, LineRefused
from core.links.reading import role_of
from core.links.rows import PersonRow
from core.links.vocabulary import SKIP

DEEPEST = 32
"""Levels of a tree; a department that stands deeper stands below itself."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A department: its number, its name, and the number of the one above it (None: it is the top)."""

    id: str
    name: str
    above: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the directory. `units`: his departments, the main one first; `leads`: those that he leads, `number`: his staff number (工号)."""

    id: str
    name: str
    mobile: str = ""
    title: str = ""
    units: tuple[str, ...] = ()
    leads: frozenset[str] = frozenset()
    place: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """A whole directory, read without a gap, as `channel` knows it."""

    channel: str
    units: Mapping[str, Unit] = field(default_factory=dict)
    members: tuple[Member, ...] = ()

    @property
    def paths(self) -> dict[str, str]:
        """Department number → its path from below the top, 生产中心/设备部."""
        paths = {number: "/".join(self._names(number)) for number in self.units}
        return {number: path for number, path in paths.items() if path}

    def lines(self, sheet: str) -> Iterator[Line]:
        """The members as lines of a table."""
        paths = self.paths
        for number, member in enumerate(self.members, 1):
            path = paths.get(member.units[0], "") if member.units else ""
            yield Line(sheet, number, (member.id, member.name, member.mobile, member.title, path))

    def reader(self, roles: Mapping[str, str]) -> Callable[[Line], PersonRow | None]:
        """What makes a row of one of these lines: None for somebody left out by his job title. Raises LineRefused."""
        paths, leaders = self.paths, self._leaders()

        def read(line: Line) -> PersonRow | None:
            member = self.members[line.number - 1]
            title, name = text_of(member.title), name_of(member.name)
            if name is None:
                raise LineRefused("name_missing")
            if title is None:
                raise LineRefused("title_missing")
            role = role_of(title, roles)
            if role == SKIP:
                return None
            phone, _ = phone_of(member.mobile)
            return PersonRow(
                line.number,
                external=member.id,
                name=name,
                phone=phone,
                role=role,
                title=title,
                department=paths.get(member.units[0]) if member.units else None,
                superior=self._superior(member, leaders),
                address=text_of(member.place),
                here=True,
                accounts={self.channel: member.id},
                staff_no=text_of(member.number),
            )

        return read

    def _names(self, number: str) -> list[str]:
        names: list[str] = []
        unit = self.units.get(number)
        while unit is not None and unit.above is not None and len(names) < DEEPEST:
            names.append(unit.name.replace("/", "／"))
            unit = self.units.get(unit.above)
        return names[::-1]

    def _leaders(self) -> dict[str, str]:
        leaders: dict[str, str] = {}
        for member in self.members:
            for unit in member.leads:
                leaders.setdefault(unit, member.id)
        return leaders

    def _superior(self, member: Member, leaders: Mapping[str, str]) -> str | None:
        """Who leads his department, or the next one above that has a leader other than himself."""
        number: str | None = member.units[0] if member.units else None
        for _ in range(DEEPEST):
            if number is None:
                return None
            leader = leaders.get(number)
            if leader and leader != member.id:
                return leader
            unit = self.units.get(number)
            number = unit.above if unit else None
        return None
