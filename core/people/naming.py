"""Finding a colleague by what people call him: name, alias, or surname with a title (张工, 老张)."""

from __future__ import annotations

from core.people.linking import staff_of
from core.people.model import Person
from core.refused import Refused
from core.store.turn import Turn

TITLES = ("师傅", "经理", "主管", "工", "总", "哥", "姐")


def colleague(turn: Turn, entity: str, called: str) -> Person:
    """The one colleague who is called so. Raises Refused: person_unknown, also when it may be several."""
    called = called.strip(" @，,。")
    staff = [person for person in staff_of(turn, entity) if person.active]
    exact = [person for person in staff if called in (person.name, *person.aliases)]
    near = exact or [person for person in staff if called and _same(called, person)]
    if len(near) != 1:
        raise Refused("person_unknown", name=called)
    return near[0]


def _same(called: str, person: Person) -> bool:
    names = [person.name or "", *person.aliases]
    return any(_bare(called) and _bare(called) == _bare(name) for name in names) or any(
        name and (name in called or (len(called) > 1 and called in name)) for name in names
    )


def _bare(name: str) -> str:
    name = name.removeprefix("老").removeprefix("小")
    for title in TITLES:
        name = name.removesuffix(title)
    return name
