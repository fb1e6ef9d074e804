"""What a mail says: the words that are new in it, its files, who wrote it, and whether a person did.

Mails come from everywhere and keep few rules: nothing in one is believed, decoded strictly, or executed.
"""

from __future__ import annotations

import re
from functools import reduce
from html import unescape

from imap_tools.message import MailAttachment, MailMessage

UNPROVEN = "unproven:"
"""Begins the id of whoever only claims his address."""
LOGO = 10 * 1024
"""A picture within the text that is smaller is a letterhead, bytes."""
ADDRESS = re.compile(r"[^\s@<>,;:\"\\\x7f-\U0010ffff]{1,64}@[a-z0-9.-]{1,190}")
"""An address, in small letters."""

_CHINESE = re.compile(rb"(charset=\"?|=\?)(?:gb2312|gbk|gb_2312-80|cp936|x-gbk)(?![\w-])", re.IGNORECASE)
"""The names of Chinese charsets, which are all read as the largest of them, since mails use more than they name."""
_PAGE = (
    (re.compile(r"<(script|style|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"<blockquote\b[^>]*>", re.IGNORECASE), "\n" + "_" * 20 + "\n"),
    (re.compile(r"</?(?:br|p|div|tr|li|table|h\d|hr)\b[^>]*>", re.IGNORECASE), "\n"),
    (re.compile(r"</?[a-z!][^>]*>", re.IGNORECASE), ""),
)
"""What makes text of a page, step by step; a quotation begins with a line that divides."""
_INTRODUCES = r"""
    [ ]*(?: on\b[^\n]{6,200} (?:\n[^\n]{0,100})? \bwrote
    | 在[^\n]{4,200} (?:\n[^\n]{0,100})? 写道
    | [^\n]{1,200} 于[^\n]{6,60} 写道
    | \d{4}[-/年][^\n]{4,200} <\S+@\S+> [ ]* (?:写道)? ) \s*[:：] [ ]*$"""
"""The line, or two, with which mail programs introduce what somebody answers."""
_MARKED = re.compile(rf"(?: ^{_INTRODUCES} \s* (?=>) )? ^[ ]*>[^\n]*\n?", re.IGNORECASE | re.MULTILINE | re.VERBOSE)
"""A line that is quoted, with the one that introduces it."""
_REST = re.compile(
    rf"""^ (?: {_INTRODUCES}
    | [ ]* -{{2,}} [ ]* (?:original[ ]message|forwarded[ ]message|原始邮件|原邮件|回复的原邮件|转发的?邮件(?:信息)?) [ ]* -{{2,}}
    | [ ]* _{{20,}}
    | --[ ]?$
    | [ ]*\*?(?:from|发件人|寄件者)\*?[ ]*[:：][^\n]*\n\s* \*?(?:sent|date|to|发送时间|发送日期|日期|时间|收件人)\*?[ ]*[:：]
    | [ ]*(?:发自|sent[ ]from|获取[ ]outlook|get[ ]outlook)[^\n]{{0,60}}\s*\Z )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
"""Where the words of a reply end: the mail that is answered begins, or a signature."""
_FORWARDS = re.compile(r"\s*(?:fwd?|转发|轉寄)\s*[:：]", re.IGNORECASE)
_REPLIES = re.compile(r"\s*(?:re|aw|回复|答复|回覆)\s*[:：]", re.IGNORECASE)
_PASSED = re.compile(
    r"\s*(?:dmarc|dkim|spf)=pass\b.*?\b(?:header\.from|header\.d|header\.i|smtp\.mailfrom)=(?:\S*@)?([\w.-]+)"
)


def opened(mail: bytes) -> MailMessage:
    """The mail, taken apart."""
    return MailMessage.from_bytes(_CHINESE.sub(rb"\1gb18030", mail))


def header(mail: MailMessage, name: str) -> str:
    """The topmost header of this name as it stands; empty if there is none."""
    return str((mail.headers.get(name) or ("",))[0])


def ids(mail: MailMessage, name: str) -> list[str]:
    """The message ids that stand in a header, without their brackets."""
    return re.findall(r"<([^<>\s]+)>", header(mail, name))


def sender(mail: MailMessage, authserv: str | None) -> tuple[str, str | None]:
    """Address and name of who wrote it; the address begins with UNPROVEN unless our mail server `authserv` found that his
    domain sent it (RFC 8601: its own result stands above all others). Raises ValueError."""
    address, name = mail.from_.lower(), mail.from_values.name if mail.from_values else ""
    if not ADDRESS.fullmatch(address):
        raise ValueError("nobody wrote it")
    server, _, results = re.sub(r"\([^()]*\)", "", header(mail, "authentication-results")).partition(";")
    domains = [found[1].lower() for found in map(_PASSED.match, results.split(";")) if found]
    proven = bool(authserv) and server.split()[:1] == [authserv] and address.partition("@")[2] in domains
    return ("" if proven else UNPROVEN) + address, " ".join(name.split()) or None


def is_automatic(mail: MailMessage) -> bool:
    """Whether a machine wrote it: such a mail is never answered, so that two machines do not answer one another for ever."""
    sent, bulk = header(mail, "auto-submitted").lower() or "no", header(mail, "precedence").lower()
    marked = {"list-id", "x-autoreply", "x-autorespond"} & set(mail.headers)
    told = not sent.startswith("no") or bulk in ("bulk", "list", "junk", "auto_reply")
    return (
        bool(marked) or told or header(mail, "return-path") == "<>" or mail.obj.get_content_type() == "multipart/report"
    )


def bounced(mail: MailMessage) -> tuple[str, str] | None:
    """The id of our mail that did not arrive, and the lasting status (5.x.x) that its bounce names; None for any other mail."""
    report = mail.obj.as_string() if mail.obj.get_content_type() == "multipart/report" else ""
    failed = re.search(r"^status:\s*(5\.\d+\.\d+)", report, re.MULTILINE | re.IGNORECASE)
    named = re.findall(r"^message-id:\s*<([^<>\s]+)>", report, re.MULTILINE | re.IGNORECASE)
    return (named[-1], failed[1]) if failed and named else None


def files(mail: MailMessage) -> list[MailAttachment]:
    """What came with it, without letterheads."""
    return [
        file
        for file in mail.attachments
        if not file.part.is_multipart()
        and (file.content_disposition == "attachment" or not file.content_id or file.size >= LOGO)
    ]


def read_words(mail: MailMessage) -> tuple[str, str, bool]:
    """What the sender says, what he answers by it, and whether he passes on another's words (which are then his)."""
    page, subject = (
        reduce(lambda text, step: step[0].sub(step[1], text), _PAGE, mail.html),
        " ".join(mail.subject.split()),
    )
    words = mail.text if mail.text.strip() else unescape(page)
    words = "\n".join(line.strip(" \t\xa0") for line in words.replace("\xa0", " ").splitlines())
    if _FORWARDS.match(subject):
        return f"{subject}\n{words.strip()}".strip(), "", True
    own, quoted = apart(words)
    return own if _REPLIES.match(subject) else f"{subject}\n{own}".strip(), quoted, False


def apart(text: str) -> tuple[str, str]:
    """What is new in the text of a mail, and what is quoted."""
    own, marked = _MARKED.sub("", text), "".join(found[0] for found in _MARKED.finditer(text))
    rest = _REST.search(own)
    own, quoted = (own[: rest.start()], own[rest.start() :] + marked) if rest else (own, marked)
    return re.sub(r"\n{3,}", "\n\n", own).strip(), quoted.strip()
