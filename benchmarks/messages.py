"""What people say in a benchmark, sealed as WeCom seals it before the clock starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import plain_mind
from benchmarks.town import Household
from benchmarks.wire import request
from bots.emulated.wecom import FIRST_MSGID, WeComServer
from core.words import SECOND

STAFF, ASKING, REPORTING = "staff", "asking", "reporting"
MIX = ((STAFF, 14), (ASKING, 5), (REPORTING, 1))
"""Of 20 messages: engineers note or query (seven each), customers ask 修好了吗, a customer reports a fault."""
APP_PATH, KF_PATH = "/hook/wecom", "/hook/wecom_kf"


@dataclass
class Message:
    """Something said. `words` is the request; `lay` puts a customer's words where the desk will pull them.

    `said_at`, `taken_at`, `answered_at`: when it left, when its callback was answered, when the reply reached WeCom.
    """

    sort: str
    sender: str
    words: bytes
    lay: Callable[[], None]
    said_at: float = 0.0
    taken_at: float = 0.0
    answered_at: float = 0.0


def staff_only(server: WeComServer, town: Sequence[Household]) -> list[Message]:
    """Every engineer says one thing."""
    return [_of_engineer(server, household) for household in town]


def mixed(server: WeComServer, town: Sequence[Household]) -> list[Message]:
    """Every household says one thing, in the proportions of MIX, evenly spread."""
    makers = {STAFF: _of_engineer, ASKING: _of_customer, REPORTING: _of_newcomer}
    round_robin = _spread()
    return [makers[round_robin[index % len(round_robin)]](server, house) for index, house in enumerate(town)]


def _spread() -> list[str]:
    """One period of the mix, its sorts as far apart as they can be."""
    places = [((number + 0.5) / count, sort) for sort, count in MIX for number in range(count)]
    return [sort for _, sort in sorted(places)]


def _of_engineer(server: WeComServer, household: Household) -> Message:
    phrase = plain_mind.NOTE if household.index % 2 else plain_mind.QUERY
    text = phrase.format(number=household.number)
    envelope = f"<ToUserName>{server.corp_id}</ToUserName><FromUserName>{household.engineer}</FromUserName>"
    envelope += f"<CreateTime>{server.clock() // SECOND}</CreateTime><MsgType>text</MsgType>"
    content = f"<Content><![CDATA[{text}]]></Content><MsgId>{FIRST_MSGID + server.number()}</MsgId>"
    hook = server.callback(server.app, f"<xml>{envelope}{content}<AgentID>{server.agent_id}</AgentID></xml>")
    return Message(STAFF, household.engineer, request(APP_PATH, hook), lambda: None)


def _of_customer(server: WeComServer, household: Household) -> Message:
    return _pulled(server, ASKING, household.customer, plain_mind.QUESTION)


def _of_newcomer(server: WeComServer, household: Household) -> Message:
    return _pulled(server, REPORTING, household.newcomer, plain_mind.REPORT)


def _pulled(server: WeComServer, sort: str, customer: str, text: str) -> Message:
    account = server.open_kfid
    hint = f"<xml><ToUserName>{server.corp_id}</ToUserName><CreateTime>{server.clock() // SECOND}</CreateTime>"
    hint += "<MsgType>event</MsgType><Event>kf_msg_or_event</Event>"
    hint += f"<Token>{server.hint_token(account)}</Token><OpenKfId>{account}</OpenKfId></xml>"

    def lay() -> None:
        server.remember(customer, wrote=server.clock())
        server.keep(account, customer, 3, {"msgtype": "text", "text": {"content": text}})

    return Message(sort, customer, request(KF_PATH, server.callback(server.kf, hint)), lay)
