"""A form as a page: drawn on the server from its definition. Whatever people wrote is only ever text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import orjson

from core.forms.conditions import Condition, Look, as_data
from core.forms.definition import FILES, LONGEST_TEXT, Field, Form, Sort, required, shown
from core.forms.reading import Misfit
from core.wording import Wording

RADIOS = 6
"""Options that stand side by side; more are a list to open."""

Values = Mapping[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form on the page: the fields that its reader sees, `values` as he wrote them or as they are kept (files as pairs of
    name and label), `mistakes`, and how conditions stand that look at what he does not see."""

    form: Form
    fields: Sequence[Field]
    values: Values
    prefix: str
    mistakes: Mapping[str, Misfit] = field(default_factory=dict)
    unseen: Values = field(default_factory=dict)


class Drawing:
    """Draws sheets in one language."""

    def __init__(self, lang: str) -> None:
        self.lang, self._words = lang, Wording.load()

    def say(self, key: str, **facts: object) -> str:
        """A sentence of the page, safe as markup."""
        return escape(self._words.text(self.lang, f"form.page.{key}", **facts))

    def sheet(self, sheet: Sheet) -> str:
        """The fields of one form."""
        answers = {**sheet.unseen, **sheet.values}
        known = {name: tuple(values) for name, values in answers.items() if any(str(value) for value in values)}
        there = {one.id for one in shown(sheet.form, known)}  # type: ignore[arg-type]
        needed = required(sheet.form, known)  # type: ignore[arg-type]
        seen = {one.id for one in sheet.fields}
        look: Look = lambda name: known.get(name, ()) if name in there else ()  # type: ignore[assignment,return-value]  # noqa: E731
        drawn = [
            self._field(
                sheet, one, one.id in there, one.id in needed, lambda rule: as_data(rule, seen.__contains__, look)
            )
            for one in sheet.fields
        ]
        title = f"<h2>{escape(sheet.form.title.to(self.lang))}</h2>"
        return f'<section class="sheet form" data-prefix="{sheet.prefix}">{title}{"".join(drawn)}</section>'

    def _field(
        self, sheet: Sheet, one: Field, is_shown: bool, needed: bool, data: Callable[[Condition], object]
    ) -> str:
        name, mistake = f"{sheet.prefix}.{one.id}", sheet.mistakes.get(one.id)
        rules = "".join(
            f' data-{kind}="{escape(orjson.dumps(data(rule)).decode())}"'
            for kind, rule in (("when", one.show_when), ("needed", one.required_when))
            if rule is not None
        )
        always = ' data-always="1"' if one.required else ""
        star = f'<b class="need"{"" if needed else " hidden"} title="{self.say("needed")}">*</b>'
        hint = one.question.to(self.lang) if one.question else ""
        under = f'<p class="hint">{escape(hint)}</p>' if hint and hint != one.label.to(self.lang) else ""
        wrong = (
            f'<p class="wrong" role="alert" id="{name}.wrong">{escape(self.wrong(one, mistake))}</p>' if mistake else ""
        )
        label = f"{escape(one.label.to(self.lang))}{f' <i>{escape(one.unit)}</i>' if one.unit else ''} {star}"
        tag = "fieldset" if self._is_group(one) else "div"
        head = f"<legend>{label}</legend>" if tag == "fieldset" else f'<label for="{name}">{label}</label>'
        body = self._input(one, name, sheet.values.get(one.id, ()), mistake is not None)
        classes = f'class="field{" bad" if mistake else ""}" data-field="{one.id}" data-sort="{one.sort}"'
        return f"<{tag} {classes}{rules}{always}{'' if is_shown else ' hidden'}>{head}{under}{body}{wrong}</{tag}>"

    def wrong(self, one: Field, mistake: Misfit) -> str:
        """What is wrong with an answer; not markup yet."""
        facts = {"label": one.label.to(self.lang), "accepts": "、".join(one.accepts), **mistake.facts}
        return self._words.text(self.lang, f"form.misfit.{mistake.key}", **facts)

    def _is_group(self, one: Field) -> bool:
        return one.sort == Sort.YES_NO or (one.sort == Sort.CHOICE and (one.many or len(one.options) <= RADIOS))

    def _input(self, one: Field, name: str, values: Sequence[object], bad: bool) -> str:
        marks = f' aria-invalid="true" aria-describedby="{name}.wrong"' if bad else ""
        value = escape(str(values[0])) if values else ""
        match one.sort:
            case Sort.CHOICE if self._is_group(one):
                kind = "checkbox" if one.many else "radio"
                pairs = [(option.id, option.label.to(self.lang)) for option in one.options]
                return self._ticks(kind, name, pairs, {str(given) for given in values})
            case Sort.CHOICE:
                chosen = {str(given) for given in values}
                rows = [f'<option value="">{self.say("select")}</option>']
                for option in one.options:
                    mark = " selected" if option.id in chosen else ""
                    rows.append(f'<option value="{option.id}"{mark}>{escape(option.label.to(self.lang))}</option>')
                return f'<select id="{name}" name="{name}"{marks}>{"".join(rows)}</select>'
            case Sort.YES_NO:
                yes, no = (self._words.name(self.lang, "yes_no", word) for word in ("yes", "no"))
                said = {{"True": "yes", "False": "no"}.get(str(given), str(given)) for given in values}
                return self._ticks("radio", name, [("yes", yes), ("no", no)], said)
            case Sort.SLIDER:
                return self._slider(one, name, value)
            case Sort.FILE | Sort.PHOTO:
                return self._files(one, name, values)
            case Sort.DATE:
                return f'<input type="date" id="{name}" name="{name}" value="{value}"{marks}>'
            case Sort.NUMBER:
                return f'<input id="{name}" name="{name}" inputmode="decimal" autocomplete="off" maxlength="40" value="{value}"{marks}>'
        if one.many:
            return f'<textarea id="{name}" name="{name}" rows="2" maxlength="{LONGEST_TEXT}"{marks}>{value}</textarea>'
        return f'<input id="{name}" name="{name}" autocomplete="off" maxlength="{LONGEST_TEXT}" value="{value}"{marks}>'

    def _ticks(self, kind: str, name: str, pairs: Sequence[tuple[str, str]], chosen: set[str]) -> str:
        rows = "".join(
            f'<label class="tick"><input type="{kind}" name="{name}" value="{known}"{" checked" if known in chosen else ""}>'
            f"<span>{escape(label)}</span></label>"
            for known, label in pairs
        )
        return f'<input type="hidden" name="{name}" value=""><div class="ticks">{rows}</div>'

    def _slider(self, one: Field, name: str, value: str) -> str:
        ends = [escape(word.to(self.lang)) if word else "" for word in (one.low, one.high)]
        first, last = one.steps[0], one.steps[-1]
        place = value if value.isdecimal() else str((first + last) // 2)
        return (
            f'<input type="hidden" name="{name}" value="{value}">'
            f'<div class="slider"><input type="range" id="{name}" min="{first}" max="{last}" step="1" value="{place}">'
            f'<output for="{name}" data-untouched="{self.say("untouched")}">{value or self.say("untouched")}</output></div>'
            f'<p class="ends"><span>{first} {ends[0]}</span><span>{last} {ends[1]}</span></p>'
        )

    def _files(self, one: Field, name: str, values: Sequence[object]) -> str:
        kinds = ",".join(one.accepts) if one.accepts else "image/*"
        rows = "".join(
            f'<li><input type="hidden" name="{name}" value="{escape(str(known))}"><span>{escape(str(label))}</span>'
            f'<button type="button" class="quiet">{self.say("remove")}</button></li>'
            for known, label in (value for value in values if isinstance(value, tuple))
        )
        says = " ".join(f'data-{key.replace("_", "-")}="{self.say(key)}"' for key in ("remove", "sending", "too_large"))
        return (
            f'<input type="hidden" name="{name}" value=""><ul class="given" {says}>{rows}</ul>'
            f'<input type="file" id="{name}" data-name="{name}" accept="{escape(kinds)}" multiple>'
        )


def is_file(one: Field) -> bool:
    """Whether its values are names of files."""
    return one.sort in FILES
