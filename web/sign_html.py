"""The sign page as markup. Whatever people wrote is only ever text."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from core.reports.sign_page import SignPage
from core.reports.signing import LONGEST_NAME, MOST_POINTS, UNIT
from core.wording import Wording

ON_PAGE = ("empty", "sending", "failed", "too_often")
"""Words that the page itself says, by the names of its data attributes."""
MARKS = {"signed": "good", "received": "good", "void": "bad"}
"""State → how its words are marked."""


def say(lang: str, key: str, **facts: object) -> str:
    """A sentence of the page."""
    return Wording.load().text(lang, f"sign.{key}", **facts)


def sign_html(page: SignPage, path: str, pages: int) -> Mapping[str, str]:
    """What fills the places of the page; `pages` is how many pictures the document has."""
    parts = [_state(page), _document(page, path, pages), _form(page, path) if page.state == "open" else ""]
    return {
        "lang": "zh-CN" if page.lang == "zh" else "en",
        "title": escape(say(page.lang, "title", number=page.number)),
        "under": escape(say(page.lang, "through", name=page.through)) if page.through else "",
        "path": escape(path),
        "jump": f'<a class="quiet" href="#signing">{escape(say(page.lang, "jump"))}</a>'
        if page.state == "open"
        else "",
        "state": page.state,
        "body": "".join(parts),
    }


def _state(page: SignPage) -> str:
    """How far it is, where there is nothing to sign."""
    if page.state == "open":
        return ""
    text = escape(say(page.lang, page.state, name=page.signed_by, when=page.signed_when))
    mark = MARKS.get(page.state, "")
    return f'<p class="told {mark}" role="status">{text}</p>'


def _document(page: SignPage, path: str, pages: int) -> str:
    if page.state in ("making", "void") or page.file is None:
        return ""
    places = [(place, f"{path}/pages/{place}.png?v={page.file.hash[:12]}") for place in range(1, pages + 1)]
    shown = "".join(
        f'<a href="{at}"><img src="{at}" loading="lazy" alt="{escape(say(page.lang, "page", place=place, count=pages))}"></a>'
        for place, at in places
    )
    return (
        f'<section class="sheet document"><div class="pages">{shown}</div>'
        f'<a class="get" href="{path}/file" download>{escape(say(page.lang, "download"))}</a>'
        f'<p class="hint" id="elsewhere" hidden>{escape(say(page.lang, "elsewhere"))}</p></section>'
    )


def _form(page: SignPage, path: str) -> str:
    def word(key: str, **facts: object) -> str:
        return escape(say(page.lang, key, **facts))

    says = " ".join(f'data-{key.replace("_", "-")}="{word(key)}"' for key in ON_PAGE)
    buttons = "".join(
        f'<button type="button" class="quiet" id="{key}">{word(key)}</button>' for key in ("undo", "clear", "wide")
    )
    return (
        f'<form class="sheet signing" id="signing" action="{path}" data-document="{page.document}" data-unit="{UNIT}" '
        f'data-most="{MOST_POINTS}" {says} novalidate>'
        f'<p class="agree">{escape(page.agreement)}</p><p class="hint">{word("evidence")}</p>'
        f'<div class="field"><label for="name">{word("name")}</label>'
        f'<input id="name" name="name" autocomplete="name" maxlength="{LONGEST_NAME}" value="{escape(page.name)}"></div>'
        f'<div id="drawing"><div class="field"><span id="here">{word("here")}</span>'
        f'<div class="pad" id="pad"><canvas aria-labelledby="here"></canvas>'
        f'<p class="turn" hidden>{word("turn")}</p><div class="ends" hidden>'
        f'<button type="button" class="quiet" id="anew">{word("clear")}</button>'
        f'<button type="button" class="go" id="narrow">{word("narrow")}</button></div></div></div>'
        f'<div class="tools">{buttons}</div></div>'
        f"{_by_code(page, word) if page.phone else ''}"
        f'<p class="wrong" id="wrong" role="alert" hidden></p>'
        f'<button type="submit" class="go" id="send">{word("send")}</button></form>'
        f"{_on_site(page, path)}"
    )


def _by_code(page: SignPage, word) -> str:
    return (
        f'<div id="typing" hidden><div class="field"><label for="code">{word("code")}</label>'
        f'<div class="row"><input id="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6">'
        f'<button type="button" class="quiet" id="ask">{word("ask", phone=page.phone)}</button></div>'
        f'<p class="hint" id="asked" role="status"></p></div></div>'
        f'<button type="button" class="other" id="other" data-drawing="{word("use_code")}" data-typing="{word("use_hand")}">'
        f"{word('use_code')}</button>"
    )


def _on_site(page: SignPage, path: str) -> str:
    """For the customer's own telephone, where the report is handed over on site."""
    if not page.through:
        return ""
    words = escape(say(page.lang, "scan"))
    return f'<section class="sheet scan"><img src="{path}/qr.svg" alt="{words}"><p class="hint">{words}</p></section>'
