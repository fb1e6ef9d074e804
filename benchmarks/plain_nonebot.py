"""A platform as small as nonebot2 lets it be: its Slack adapter is a community's. The bot takes words and sends nothing."""

from __future__ import annotations

from typing import Any

from nonebot.adapters import Adapter, Bot, Event, Message, MessageSegment


class Segment(MessageSegment["Words"]):
    @classmethod
    def get_message_class(cls) -> type[Words]:
        return Words

    def __str__(self) -> str:
        return self.data["text"]

    def is_text(self) -> bool:
        return True


class Words(Message[Segment]):
    @classmethod
    def get_segment_class(cls) -> type[Segment]:
        return Segment

    @staticmethod
    def _construct(msg: str) -> Any:
        yield Segment("text", {"text": msg})


class Said(Event):
    channel: str
    user: str
    ts: str
    text: str

    def get_type(self) -> str:
        return "message"

    def get_event_name(self) -> str:
        return "message"

    def get_event_description(self) -> str:
        return self.text

    def get_user_id(self) -> str:
        return self.user

    def get_session_id(self) -> str:
        return f"{self.channel}_{self.user}"

    def get_message(self) -> Words:
        return Words(self.text)

    def is_tome(self) -> bool:
        return True


class Silent(Bot):
    async def send(self, event: Event, message: Any, **_: Any) -> Any:
        return {"ok": True}


class Plain(Adapter):
    @classmethod
    def get_name(cls) -> str:
        return "plain"

    async def _call_api(self, bot: Bot, api: str, **data: Any) -> Any:
        return {}
