"""The WeCom server at its wire format, with the people who write through it: for tests, rehearsals and the demo.

server = WeComServer(clock)
channel = WeComKf(KfConfig(...), shelf, files, clock, httpx.ASGITransport(app=server))
server.kf_hook = lambda hook: channel.receive(hook, accept)        # or over_http("https://…/hook/wecom_kf")
await server.customer_says("wm_wang", "空压机不启动")
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx

from bots.emulated.wecom_endpoints import App, Endpoints
from bots.emulated.wecom_seal import seal, sign
from core.words import SECOND, Answer, Clock, Hook, Micros

CALLBACK_TRIES = 3
CALLBACK_SECONDS = 5.0
FIRST_MSGID = 7490873862170000000
"""Message ids have 19 digits, more than a float holds."""

_log = logging.getLogger(__name__)

Callback = Callable[[Hook], Awaitable[Answer]]


def over_http(url: str) -> Callback:
    """Callbacks posted to a web address, as WeCom does it."""

    async def post(hook: Hook) -> Answer:
        async with httpx.AsyncClient(timeout=CALLBACK_SECONDS, trust_env=False) as client:
            response = await client.request(
                hook.method, f"{url}?{urlencode(hook.query)}", content=hook.body, headers=dict(hook.headers)
            )
        return Answer(response.status_code, response.content)

    return post


class WeComServer(Endpoints):
    """One corporation with an app for its staff and customer service for its customers.

    Every act of a person returns once its callback was answered; `answers` keeps the statuses. An answer other than 200
    makes the server try again, three times in all.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.without_network: Micros = 0
        """How long what members write waits on their phones before it reaches the platform."""
        self.app_hook: Callback | None = None
        self.kf_hook: Callback | None = None
        self.answers: list[int] = []

    async def member_says(self, userid: str, text: str) -> str:
        return await self._member(userid, "text", f"<Content>{_cdata(text)}</Content>")

    async def member_sends(self, userid: str, kind: str, content: bytes, mime: str, name: str = "") -> str:
        """`kind` is image, voice, video or file."""
        media_id = self.put(content, mime, name)
        extra = "<Format><![CDATA[amr]]></Format>" if kind == "voice" else ""
        return await self._member(userid, kind, f"<MediaId>{_cdata(media_id)}</MediaId>{extra}")

    async def member_is_at(self, userid: str, latitude: float, longitude: float, label: str) -> str:
        place = f"<Location_X>{latitude}</Location_X><Location_Y>{longitude}</Location_Y><Scale>20</Scale>"
        return await self._member(userid, "location", f"{place}<Label>{_cdata(label)}</Label>")

    async def member_taps(self, userid: str, key: str) -> None:
        """Taps an item of the app's menu."""
        await self._member_event(userid, "click", f"<EventKey>{_cdata(key)}</EventKey>")

    async def member_enters(self, userid: str) -> None:
        await self._member_event(userid, "enter_agent", "<EventKey><![CDATA[]]></EventKey>")

    async def member_presses(self, userid: str, ref: str, label: str) -> None:
        """Presses a button of a card that he sees. Raises StopIteration if there is none."""
        sent = next(sent for sent in self.sent if ref in (sent.code, sent.msgid) and sent.to == userid)
        key = next(key for text, key in sent.buttons if text == label)
        card, code = self.cards.shown[sent.msgid], self.cards.code_for(sent.msgid)
        told = {"EventKey": key, "TaskId": card.task, "CardType": card.kind, "ResponseCode": code}
        content = "".join(f"<{name}>{_cdata(value)}</{name}>" for name, value in told.items())
        await self._member_event(userid, "template_card_event", content)

    async def customer_says(self, customer: str, text: str, account: str | None = None) -> str:
        return await self._customer(customer, account, "text", {"content": text})

    async def customer_sends(
        self, customer: str, kind: str, content: bytes, mime: str, name: str = "", account: str | None = None
    ) -> str:
        """`kind` is image, voice, video or file."""
        return await self._customer(customer, account, kind, {"media_id": self.put(content, mime, name)})

    async def customer_is_at(
        self, customer: str, latitude: float, longitude: float, name: str, address: str, account: str | None = None
    ) -> str:
        place = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
        return await self._customer(customer, account, "location", place)

    async def customer_presses(self, customer: str, token: str, label: str, account: str | None = None) -> str:
        """Taps an item of a menu, which writes its label into the chat."""
        return await self._customer(customer, account, "text", {"content": label, "menu_id": token})

    async def customer_recalls(self, customer: str, msgid: str, account: str | None = None) -> None:
        await self._kf_event(customer, account, "user_recall_msg", {"recall_msgid": msgid})

    async def customer_enters(
        self, customer: str, scene: str = "", scene_param: str = "", account: str | None = None
    ) -> None:
        self.remember(customer)
        code = self.welcome_code(account or self.open_kfid, customer)
        entry = {"scene": scene, "scene_param": scene_param, **({"welcome_code": code} if code else {})}
        await self._kf_event(customer, account, "enter_session", entry)

    async def servicer_says(self, servicer: str, customer: str, text: str, account: str | None = None) -> str:
        """A person at the service desk answers: the desk sees it among the messages, and must keep out."""
        words = {"servicer_userid": servicer, "msgtype": "text", "text": {"content": text}}
        return await self._item(customer, account, 5, words)

    async def undelivered(self, msgid: str, fail_type: int) -> None:
        """A message that was accepted could not be shown after all."""
        sent = next(message for message in self.sent if message.msgid == msgid)
        await self._kf_event(sent.to, sent.account, "msg_send_fail", {"fail_msgid": msgid, "fail_type": fail_type})

    async def verify(self, app: App, hook: Callback) -> bool:
        """What "save" does on the administrator's page: the address must answer with the text that was sealed."""
        echo = str(self.number())
        query, sealed = self.signed(app, echo.encode())
        answer = await hook(Hook("GET", {}, [*query, ("echostr", sealed)], b""))
        return answer.status == 200 and answer.body == echo.encode()

    def signed(self, app: App, message: bytes) -> tuple[list[tuple[str, str]], str]:
        """Query and sealed text of a callback that carries `message`."""
        number = self.number()
        timestamp, nonce = str(self.clock() // SECOND), f"nonce{number}"
        sealed = seal(message, app.aes_key, self.corp_id, hashlib.sha256(nonce.encode()).digest()[:16])
        signature = sign(app.token, timestamp, nonce, sealed)
        return [("msg_signature", signature), ("timestamp", timestamp), ("nonce", nonce)], sealed

    def callback(self, app: App, message: str) -> Hook:
        """A callback that carries a message in XML."""
        query, sealed = self.signed(app, message.encode())
        agent = self.agent_id if app is self.app else ""
        body = f"<xml><ToUserName>{_cdata(self.corp_id)}</ToUserName><Encrypt>{_cdata(sealed)}</Encrypt>"
        body += f"<AgentID>{_cdata(str(agent))}</AgentID></xml>"
        return Hook("POST", {"content-type": "text/xml"}, query, body.encode())

    async def _call_back(self, app: App, hook: Callback | None, message: str) -> None:
        for _ in range(CALLBACK_TRIES if hook else 0):
            try:
                status = (await hook(self.callback(app, message))).status  # pyright: ignore[reportOptionalCall]
            except Exception:
                _log.warning("a callback failed", exc_info=True)
                status = 500
            self.answers.append(status)
            if status == 200:
                return

    async def _member(self, userid: str, kind: str, content: str) -> str:
        msgid = str(FIRST_MSGID + self.number())
        await self._member_message(userid, kind, f"{content}<MsgId>{msgid}</MsgId>")
        return msgid

    async def _member_event(self, userid: str, event: str, content: str) -> None:
        await self._member_message(userid, "event", f"<Event>{_cdata(event)}</Event>{content}")

    async def _member_message(self, userid: str, kind: str, content: str) -> None:
        envelope = f"<ToUserName>{_cdata(self.corp_id)}</ToUserName><FromUserName>{_cdata(userid)}</FromUserName>"
        written = (self.clock() - self.without_network) // SECOND
        envelope += f"<CreateTime>{written}</CreateTime><MsgType>{_cdata(kind)}</MsgType>"
        message = f"<xml>{envelope}{content}<AgentID>{self.agent_id}</AgentID></xml>"
        await self._call_back(self.app, self.app_hook, message)

    async def _customer(self, customer: str, account: str | None, kind: str, content: dict[str, Any]) -> str:
        self.remember(customer, wrote=self.clock(), account=account)
        return await self._item(customer, account, 3, {"msgtype": kind, kind: content})

    async def _kf_event(self, customer: str, account: str | None, event: str, content: dict[str, Any]) -> None:
        told = {"event_type": event, "open_kfid": account or self.open_kfid, "external_userid": customer, **content}
        await self._item(customer, account, 4, {"msgtype": "event", "event": told})

    async def _item(self, customer: str, account: str | None, origin: int, content: dict[str, Any]) -> str:
        account = account or self.open_kfid
        msgid = self.keep(account, customer, origin, content)
        await self.hint(account)
        return msgid

    async def hint(self, account: str | None = None) -> None:
        """The callback that tells of new items, without saying which."""
        account = account or self.open_kfid
        message = (
            f"<xml><ToUserName>{_cdata(self.corp_id)}</ToUserName><CreateTime>{self.clock() // SECOND}</CreateTime>"
        )
        message += "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event>"
        message += f"<Token>{_cdata(self.hint_token(account))}</Token><OpenKfId>{_cdata(account)}</OpenKfId></xml>"
        await self._call_back(self.kf, self.kf_hook, message)


def _cdata(text: str) -> str:
    whole = text.replace("\x00", "").replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{whole}]]>"
