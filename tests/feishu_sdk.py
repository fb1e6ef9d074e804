"""lark-oapi in a process of its own (it takes seconds to import): it opens a callback as its users do, and sends by its API client.

python -m tests.feishu_sdk BASE < {"headers", "body", "encrypt_key", "app_id", "app_secret", "to"}   one JSON object on stdout
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import lark_oapi as lark
from lark_oapi.api.im.v1 import (
    CreateFileRequest,
    CreateFileRequestBody,
    CreateMessageRequest,
    CreateMessageRequestBody,
    GetMessageResourceRequest,
    PatchMessageRequest,
    PatchMessageRequestBody,
    ReplyMessageRequest,
    ReplyMessageRequestBody,
)
from lark_oapi.core.model import RawRequest

CARD = {
    "config": {"update_multi": True},
    "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": "SDK"}}],
}


def opened(given: dict[str, Any]) -> dict[str, Any]:
    """What its dispatcher makes of a callback: the status that it would answer with, and the words that it read."""
    read: list[str] = []

    def hear(event: Any) -> None:
        read.append(event.event.message.content)

    builder = lark.EventDispatcherHandler.builder(given["encrypt_key"], "v-token")
    handler = builder.register_p2_im_message_receive_v1(hear).build()
    request = RawRequest()
    request.uri, request.headers, request.body = "/hook/feishu", given["headers"], given["body"].encode()
    return {"status": handler.do(request).status_code, "read": read}


def sent(base: str, given: dict[str, Any]) -> list[int]:
    """The codes of a text, a card, the card shown anew, an answer, a file put up, and a file that somebody sent."""
    client = lark.Client.builder().app_id(given["app_id"]).app_secret(given["app_secret"]).domain(base).build()
    api: Any = client.im.v1  # pyright: ignore[reportOptionalMemberAccess]
    to = CreateMessageRequest.builder().receive_id_type("open_id")
    said = CreateMessageRequestBody.builder().receive_id(given["to"])
    text = api.message.create(to.request_body(said.msg_type("text").content('{"text":"SDK"}').build()).build())
    card = api.message.create(to.request_body(said.msg_type("interactive").content(json.dumps(CARD)).build()).build())
    anew = PatchMessageRequestBody.builder().content(json.dumps(CARD)).build()
    reply = ReplyMessageRequestBody.builder().msg_type("text").content('{"text":"SDK"}').build()
    file = CreateFileRequestBody.builder().file_type("stream").file_name("a.log").file(io.BytesIO(b"log")).build()
    message, key = given["file"]
    found = GetMessageResourceRequest.builder().message_id(message).file_key(key).type("image").build()
    answers = [
        text,
        card,
        api.message.patch(PatchMessageRequest.builder().message_id(card.data.message_id).request_body(anew).build()),
        api.message.reply(ReplyMessageRequest.builder().message_id(text.data.message_id).request_body(reply).build()),
        api.file.create(CreateFileRequest.builder().request_body(file).build()),
        api.message_resource.get(found),
    ]
    return [answer.code for answer in answers]


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps({**opened(given), "codes": sent(sys.argv[1], given)}))
