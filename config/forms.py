"""Forms of a pack (表单): YAML, read into the core's frozen definitions. A mistake is named with its place, never guessed away.

A condition is written as data, {field: fault_kind, is: hydraulic} with all, any and not around it, or as people say it:
当【故障类型】=液压站异常时显示.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from config.packs import DEFAULT, PackError, only, packs_of
from core.forms.conditions import AllOf, AnyOf, Condition, FieldTest, Not, Scalar, Values
from core.forms.definition import Asked, BadForm, Field, Fits, Form, Option, Said, Sort
from core.people.model import Role
from core.rules.rule import When
from core.tickets.model import Priority, Ticket

FORM_KEYS = {"id", "version", "title", "for", "ask", "seen_by", "fields"}
FOR_KEYS = {"line", "device", "fault", "team", "channel", "priority", "level", "words"}
FIELD_KEYS = {
    "id", "label", "type", "required", "required_when", "show_when", "options", "many", "unit", "min", "max", "low", "high",
    "accepts", "words", "question", "example", "ask", "seen_by", "slot",
}  # fmt: skip
TESTS = ("is", "in", "above", "below", "filled")
JOINTS = {"且": AllOf, "并且": AllOf, "或": AnyOf, "或者": AnyOf}
SIGNS = {"=": "is", "＝": "is", ">": "above", "＞": "above", "<": "below", "＜": "below"}

_LEADS, _ENDS = re.compile(r"^当\s*"), re.compile(r"\s*时?(?:必填|显示)?\s*$")
_PART = re.compile(
    r"【(?P<field>[^】]+)】\s*(?:(?P<sign>[=＝>＞<＜])\s*(?P<value>[^【】]+)|(?P<unlike>≠|!=|不等于)\s*(?P<not>[^【】]+)"
    r"|属于\s*(?P<several>[^【】]+)|(?P<filled>已填|未填))"
)


class Known(NamedTuple):
    """What conditions may name: fields by id or label, their options by id or label."""

    fields: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]


def forms_of(names: Sequence[str] = (DEFAULT,)) -> tuple[Form, ...]:
    """The forms of these packs, in the order in which they are tried. Raises PackError."""
    forms = tuple(form for pack in packs_of(names) if pack.forms for form in read_forms(pack.forms))
    _must_differ(", ".join(names), forms)
    return forms


def read_forms(path: Path) -> tuple[Form, ...]:
    """The forms in this file, in the order in which they are tried; none if there is no such file. Raises PackError."""
    if not path.exists():
        return ()
    name = f"{path.parent.name}/{path.name}"
    try:
        read = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise PackError(f"{name}: cannot be read: {error}") from error
    if not isinstance(read, dict) or not isinstance(read.get("forms"), list):
        raise PackError(f"{name}: there is a list of forms")
    forms = tuple(_form(f"{name}, form {number}", row) for number, row in enumerate(read["forms"], 1))
    _must_differ(name, forms)
    return forms


def _must_differ(where: str, forms: Sequence[Form]) -> None:
    ids = [form.id for form in forms]
    if twice := [name for name in ids if ids.count(name) > 1]:
        raise PackError(f"{where}: form {twice[0]} stands twice")


def _form(where: str, row: Any) -> Form:
    row = only(where, row, FORM_KEYS)
    where = f"{where} ({row.get('id')})"
    rows = row.get("fields")
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise PackError(f"{where}: fields is a list of fields")
    version = row.get("version", 1)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise PackError(f"{where}: version is a whole number from 1 on, not {version}")
    known = _known(rows)
    fields = tuple(
        _field(f"{where}, field {one.get('id', number)}", one, row, known) for number, one in enumerate(rows, 1)
    )
    try:
        return Form(
            str(row.get("id", "")),
            version,
            _said(where, "title", row.get("title")),
            fields,
            _fits(where, row.get("for")),
        )
    except BadForm as error:
        raise PackError(f"{where}, {error}") from error


def _field(where: str, row: Mapping[str, Any], form: Mapping[str, Any], known: Known) -> Field:
    row = only(where, row, FIELD_KEYS)
    sort = _one_of(where, "type", row.get("type"), Sort)
    slot, slot_values = _slot(where, row.get("slot"))
    seen_by = row.get("seen_by", form.get("seen_by"))
    if not seen_by:
        raise PackError(f"{where}: nobody could see it: name roles in seen_by, here or for the whole form")
    return Field(
        id=str(row.get("id", "")),
        label=_said(where, "label", row.get("label")),
        sort=sort,
        required=_yes(where, "required", row.get("required", False)),
        required_when=_condition(f"{where}, required_when", row.get("required_when"), known),
        show_when=_condition(f"{where}, show_when", row.get("show_when"), known),
        options=_options(where, row.get("options")),
        many=_yes(where, "many", row.get("many", False)),
        unit=str(row["unit"]) if row.get("unit") else None,
        least=_number(where, "min", row.get("min")),
        most=_number(where, "max", row.get("max")),
        low=_said(where, "low", row["low"]) if row.get("low") else None,
        high=_said(where, "high", row["high"]) if row.get("high") else None,
        accepts=tuple(_ending(where, ending) for ending in _listed(where, "accepts", row.get("accepts"))),
        words=_listed(where, "words", row.get("words")),
        question=_said(where, "question", row["question"]) if row.get("question") else None,
        example=_said(where, "example", row["example"]) if row.get("example") else None,
        asked=_one_of(where, "ask", row.get("ask", form.get("ask", Asked.NOBODY)), Asked),
        seen_by=frozenset(_one_of(where, "seen_by", role, Role) for role in _listed(where, "seen_by", seen_by)),
        slot=slot,
        slot_values=slot_values,
    )


def _options(where: str, rows: Any) -> tuple[Option, ...]:
    if rows is None:
        return ()
    if not isinstance(rows, list) or not rows:
        raise PackError(f"{where}: options is a list of options")
    found = []
    for number, row in enumerate(rows, 1):
        here = f"{where}, option {number}"
        row = only(here, row, {"id", "label", "words"})
        found.append(
            Option(
                str(row.get("id", "")), _said(here, "label", row.get("label")), _listed(here, "words", row.get("words"))
            )
        )
    return tuple(found)


def _fits(where: str, row: Any) -> Fits:
    row = only(f"{where}, for", row or {}, FOR_KEYS)
    lists = {key: _listed(f"{where}, for", key, row.get(key)) for key in FOR_KEYS}
    priorities = frozenset(_one_of(f"{where}, for", "priority", value, Priority) for value in lists["priority"])
    when = When(frozenset(lists["channel"]), priorities, lists["words"], frozenset(lists["level"]))
    return Fits(when, lists["line"], lists["device"], lists["fault"], lists["team"])


# ---- conditions


def _known(rows: Sequence[Mapping[str, Any]]) -> Known:
    fields: dict[str, str] = {}
    options: dict[str, dict[str, str]] = {}
    for row in rows:
        name = str(row.get("id", ""))
        fields |= dict.fromkeys((name, *_labels(row)), name)
        choices = row.get("options")
        for option in choices if isinstance(choices, list) else ():
            if isinstance(option, dict):
                chosen = str(option.get("id", ""))
                options.setdefault(name, {}).update(dict.fromkeys((chosen, *_labels(option)), chosen))
    return Known(fields, options)


def _labels(row: Mapping[str, Any]) -> tuple[str, ...]:
    label = row.get("label")
    return tuple(str(word) for word in label.values()) if isinstance(label, dict) else (str(label),)


def _condition(where: str, row: Any, known: Known) -> Condition | None:
    return None if row is None else _spoken(where, row, known) if isinstance(row, str) else _data(where, row, known)


def _data(where: str, row: Any, known: Known) -> Condition:
    row = only(where, row, {"all", "any", "not", "field", *TESTS})
    joints = [key for key in ("all", "any", "not") if key in row]
    if joints:
        if len(row) > 1:
            raise PackError(f"{where}: {joints[0]} stands alone; put it into the list")
        inner = row[joints[0]]
        if joints[0] == "not":
            return Not(_data(where, inner, known))
        if not isinstance(inner, list) or not inner:
            raise PackError(f"{where}: {joints[0]} is a list of conditions")
        parts = tuple(_data(where, part, known) for part in inner)
        return AllOf(parts) if joints[0] == "all" else AnyOf(parts)
    tests = [key for key in TESTS if key in row]
    if "field" not in row or len(tests) != 1:
        raise PackError(f"{where}: names a field and one of {', '.join(TESTS)}")
    value = row[tests[0]]
    if tests[0] == "filled":
        test = _test(where, row["field"], "filled", (), known)
        return test if _yes(where, "filled", value) else Not(test)
    values = value if isinstance(value, list) else [value]
    if not values or (tests[0] != "in" and len(values) != 1):
        raise PackError(f"{where}: {tests[0]} has one value, in a list of values")
    return _test(where, row["field"], tests[0], values, known)


def _spoken(where: str, text: str, known: Known) -> Condition:
    """当【A】=x且【B】>16时显示."""
    words = _ENDS.sub("", _LEADS.sub("", text.strip()))
    pieces = re.split(r"\s*(并且|且|或者|或)\s*(?=【)", words)
    parts, joints = [], {JOINTS[joint] for joint in pieces[1::2]}
    if len(joints) > 1:
        raise PackError(f"{where}: 且 and 或 in one sentence could be read in two ways; write all and any")
    for piece in pieces[::2]:
        match = _PART.fullmatch(piece.strip())
        if match is None:
            raise PackError(f"{where}: cannot be read: {piece}; write 当【字段】=选项时显示")
        parts.append(_said_part(where, match, known))
    return parts[0] if len(parts) == 1 else joints.pop()(tuple(parts))


def _said_part(where: str, match: re.Match[str], known: Known) -> Condition:
    name = match["field"]
    if match["filled"]:
        test = _test(where, name, "filled", (), known)
        return test if match["filled"] == "已填" else Not(test)
    if match["several"]:
        return _test(where, name, "in", re.split(r"[、,，/]", match["several"].strip()), known)
    if match["not"]:
        return Not(_test(where, name, "is", [match["not"].strip()], known))
    return _test(where, name, SIGNS[match["sign"]], [match["value"].strip()], known)


def _test(where: str, name: Any, operator: Any, values: Sequence[Any], known: Known) -> FieldTest:
    field = known.fields.get(str(name))
    if field is None:
        raise PackError(f"{where}: there is no field {name}")
    options = known.options.get(field)
    return FieldTest(field, operator, _values(where, values, options))


def _values(where: str, values: Sequence[Any], options: Mapping[str, str] | None) -> Values:
    found: list[Scalar] = []
    for value in values:
        if options is not None:
            if str(value) not in options:
                raise PackError(
                    f"{where}: there is no option {value}; there are {', '.join(dict.fromkeys(options.values()))}"
                )
            found.append(options[str(value)])
        elif isinstance(value, date):
            found.append(value.isoformat())
        elif isinstance(value, str):
            found.append({"是": True, "否": False}.get(value, _maybe_number(value)))
        elif isinstance(value, bool | int | float):
            found.append(value)
        else:
            raise PackError(f"{where}: not a value: {value}")
    return tuple(found)


def _maybe_number(value: str) -> Scalar:
    return float(value) if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", value) else value


# ---- single values


def _said(where: str, key: str, value: Any) -> Said:
    if isinstance(value, str) and value.strip():
        return Said(value.strip(), value.strip())
    if (
        isinstance(value, dict)
        and set(value) == {"zh", "en"}
        and all(isinstance(v, str) and v.strip() for v in value.values())
    ):
        return Said(value["zh"].strip(), value["en"].strip())
    raise PackError(f"{where}: {key} is a text, or one in zh and one in en")


def _one_of(where: str, key: str, value: Any, kinds: Any) -> Any:
    try:
        return kinds(str(value))
    except ValueError as error:
        raise PackError(f"{where}: {key}: no {value}; there are {', '.join(kinds)}") from error


def _listed(where: str, key: str, value: Any) -> tuple[str, ...]:
    parts = [] if value is None else value if isinstance(value, list) else [value]
    if strange := [part for part in parts if not isinstance(part, str) or not part.strip()]:
        raise PackError(f"{where}: {key}: not a word: {strange[0]}")
    return tuple(part.strip() for part in parts)


def _ending(where: str, value: str) -> str:
    if not re.fullmatch(r"\.[A-Za-z0-9]{1,10}", value):
        raise PackError(f"{where}: accepts: an ending is a point and up to 10 letters, not {value}")
    return value.casefold()


def _number(where: str, key: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise PackError(f"{where}: {key} is a number, not {value}")
    return float(value)


def _yes(where: str, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise PackError(f"{where}: {key} is true or false, not {value}")
    return value


def _slot(where: str, value: Any) -> tuple[str | None, dict[str, Scalar]]:
    """A field of the ticket that answers it: its name, or {name, values: {its value: ours}}."""
    if value is None:
        return None, {}
    row = only(f"{where}, slot", {"name": value} if isinstance(value, str) else value, {"name", "values"})
    name, values = str(row.get("name", "")), row.get("values") or {}
    if name not in Ticket.columns:
        raise PackError(f"{where}, slot: a ticket has no field {name}")
    if not isinstance(values, dict) or not all(isinstance(one, str | int | float | bool) for one in values.values()):
        raise PackError(f"{where}, slot: values is a table")
    return name, {str(key): one for key, one in values.items()}
