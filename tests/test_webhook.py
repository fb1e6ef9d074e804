"""The generic webhook beyond the contract: the standard's own vector, the command in its page, keys that change, files and hosts."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from bots.emulated.webhook import PartnerServer
from bots.webhook import KINDS, MOST_BODY, MOST_FILE, Partner, Webhook, key_of, lies_on, signed
from core.words import SECOND, CannotFetch, Hook, Media, Room, Say, Unreadable
from tests.contract.webhook_cases import PartnerRig

PAGE = Path(__file__).parent.parent / "docs" / "channels" / "webhook.md"
OLD, NEW = bytes(range(24)), bytes(range(32, 64))


def test_the_vector_that_the_standard_publishes() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    (seal,) = signed([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert seal == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_§§"])
def test_what_is_no_key_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"whsec|base64|padding|characters|ascii|ASCII"):
        key_of(secret)


def test_the_command_in_the_page_is_taken(needs: Callable[[str], str], tmp_path: Path) -> None:
    """It is run as it stands there, against a door that hands its request to the channel."""
    needs("openssl")
    needs("curl")
    (command,) = re.findall(r"<!-- runs.*?```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)

    async def story() -> tuple[list[str], str]:
        rig = PartnerRig()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            heads = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
            body = await reader.readexactly(int(heads["content-length"]))
            rig.now.at = int(heads["webhook-timestamp"]) * SECOND
            query = [tuple(head.split(" ")[1].partition("?")[2].split("="))]
            answer = await rig.channel.receive(Hook("POST", heads, query, body), rig.inbox.accept)  # type: ignore[arg-type]
            writer.write(
                b"HTTP/1.1 %d X\r\ncontent-length: %d\r\n\r\n" % (answer.status, len(answer.body)) + answer.body
            )
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        given = {"CRM_KEY": rig.server.secret, "DESK": f"http://127.0.0.1:{port}", "PATH": "/usr/bin:/bin"}
        ran = await asyncio.to_thread(
            subprocess.run, ["sh", "-c", command], env=given, capture_output=True, text=True, timeout=30, check=True
        )
        server.close()
        await rig.close()
        return rig.inbox.texts, ran.stdout

    texts, said = asyncio.run(story())
    assert texts == ["三楼空调漏水"] and said.split() == ["{}", "200"]


def test_the_schema_in_the_page_names_what_the_channel_reads() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    schema = json.loads(block)
    message, call = schema["$defs"]["message"], schema["$defs"]["call_log"]
    assert set(message["required"]) == {"type", "from", "kind"} and set(call["required"]) == {
        "type",
        "caller",
        "direction",
    }
    assert set(message["properties"]["kind"]["enum"]) == KINDS


def hook_of(server: PartnerServer, keys: list[bytes], body: bytes = b'{"type":"typing"}') -> Hook:
    hook = server.hook("m1", body)
    seals = " ".join(signed(keys, "m1", hook.headers["webhook-timestamp"], body))
    return replace(hook, headers={**hook.headers, "webhook-signature": seals})


@pytest.mark.req("S8")
def test_while_keys_change_both_open_the_door_and_both_sign() -> None:
    async def story() -> None:
        rig = PartnerRig()
        rotating = Partner((NEW, OLD), rig.server.url, True)
        channel = Webhook({"crm": rotating}, rig._put, rig._file, rig.now)
        rig.inbox.channel = channel
        for keys, status in (
            ([OLD], 200),
            ([NEW], 200),
            ([rig.server.key], 403),
            ([rig.server.key, NEW], 200),
            ([], 403),
        ):
            assert (await channel.receive(hook_of(rig.server, keys), rig.inbox.accept)).status == status
        await channel.close()
        await rig.close()

    asyncio.run(story())
    assert len(signed([NEW, OLD], "m1", "1", b"{}")) == 2


@pytest.mark.req("S8")
def test_one_partner_cannot_speak_for_another() -> None:
    async def story() -> None:
        rig = PartnerRig()
        both = {"crm": Partner((rig.server.key,)), "shop": Partner((NEW,))}
        channel = Webhook(both, rig._put, rig._file, rig.now)
        rig.inbox.channel = channel
        said = b'{"type":"message","partner":"shop","id":"x","from":{"id":"wang"},"kind":"text","text":"hi"}'
        hook = rig.server.hook("m1", said)
        for name in ("shop", "nobody", ""):
            other = replace(hook, query=[("partner", name)])
            assert 400 <= (await channel.receive(other, rig.inbox.accept)).status < 500
        assert (await channel.receive(replace(hook, query=[*hook.query, *hook.query]), rig.inbox.accept)).status == 400
        assert (await channel.receive(hook, rig.inbox.accept)).status == 200
        (message,) = rig.inbox.messages.values()
        assert message.room == Room("webhook", "crm", "wang") and message.key == "webhook:crm:m1"
        await channel.close()
        await rig.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://crm.example.com/f/1.jpg", True),
        ("https://CRM.example.com/f/1.jpg", True),
        ("https://crm.example.com:443/f", True),
        ("https://rec.example.com:8443/f", True),
        ("http://crm.example.com/f", False),
        ("https://crm.example.com:8443/f", False),
        ("https://rec.example.com/f", False),
        ("https://crm.example.com@evil.example/f", False),
        ("https://user@crm.example.com/f", False),
        ("https://crm.example.com.evil.example/f", False),
        ("https://evil.example/crm.example.com", False),
        ("https://127.0.0.1/f", False),
        ("https://[::1]/f", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
        ("https:\\\\crm.example.com\\f", False),
        ("https://crm.example.com\\@evil.example/", False),
        ("", False),
    ],
)
@pytest.mark.req("S8")
def test_a_file_is_fetched_from_named_hosts_only(url: str, allowed: bool) -> None:
    assert lies_on(url, {"crm.example.com", "rec.example.com:8443"}) is allowed


def test_a_redirect_is_not_followed_and_a_file_that_a_partner_names_by_hash_is_not_his() -> None:
    async def story() -> None:
        rig = PartnerRig()
        rig.server.files["1.jpg"] = b"\xff\xd8\xff photo"
        url = f"https://{rig.server.files_host}/1.jpg"
        await rig.server.tells({"type": "message", "from": {"id": "w"}, "kind": "image", "media": [{"url": url}]})
        (message,) = rig.inbox.messages.values()
        assert await rig.channel.fetch(message.media[0]) == b"\xff\xd8\xff photo"
        with pytest.raises(CannotFetch):
            await rig.channel.fetch(Media(f"crm:https://{rig.server.files_host}/moved"))
        with pytest.raises(CannotFetch):
            await rig.channel.fetch(Media(f"other:{url}"))
        stolen = {"hash": "a" * 64, "mime": "image/jpeg"}
        await rig.server.tells({"type": "message", "from": {"id": "w"}, "kind": "image", "media": [stolen]})
        assert len(rig.inbox.messages) == 1 and len(rig.inbox.quarantine) == 1
        await rig.close()

    asyncio.run(story())


def test_a_file_within_a_message_is_kept_once_and_taken_out_of_the_delivery() -> None:
    async def story() -> None:
        rig = PartnerRig()
        content = b"\xff\xd8\xff" + b"x" * 100_000
        await rig.sends(content, "image/jpeg")
        (message,) = rig.inbox.messages.values()
        assert len(message.raw) < 1000 and message.media[0].size == len(content)
        assert rig.files[message.media[0].ref] == content
        broken = {"data": "not base64!", "mime": "image/jpeg"}
        await rig.server.tells({"type": "message", "from": {"id": "w"}, "kind": "image", "media": [broken]})
        (kept,) = rig.inbox.quarantine
        assert "not base64!" in orjson.loads(kept)["said"]
        await rig.close()

    asyncio.run(story())


def test_a_partner_without_an_address_only_tells() -> None:
    async def story() -> None:
        rig = PartnerRig()
        channel = Webhook({"hotline": Partner((NEW,))}, rig._put, rig._file, rig.now)
        receipt = await channel.post(Room("webhook", "hotline", "138"), Say("note", text="x"), "key")
        assert receipt.state == "refused" and channel.can.safe
        assert not Webhook({"crm": Partner((NEW,), "https://x")}, rig._put, rig._file, rig.now).can.safe
        await channel.close()
        await rig.close()

    asyncio.run(story())


def test_a_number_is_a_proof_only_where_the_partner_is_one_that_proves_numbers() -> None:
    said = {"type": "call_log", "caller": "13805740002", "direction": "in", "note": "修好了没有"}
    envelope = {"partner": "crm", "id": "1", "sent_at": 1_772_596_800, "proves_phones": False, "said": said}
    (message,) = Webhook.read(orjson.dumps(envelope))
    assert message.who.phone is None
    with pytest.raises(Unreadable):
        Webhook.read(orjson.dumps(envelope | {"said": said | {"direction": "sideways"}}))


def test_the_largest_file_fits_into_the_largest_delivery() -> None:
    assert len(base64.b64encode(bytes(MOST_FILE))) + 64 * 1024 < MOST_BODY
