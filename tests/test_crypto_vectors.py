"""WeCom's encryption against recorded vectors, by the desk's gate and by the emulated server, each with code of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bots.doors import Shut
from bots.emulated.wecom_seal import seal, sign, unseal
from bots.wecom_gate import Gate, Seal, signature
from core.words import SECOND, Hook

RECORDED = Path(__file__).parent.parent.parent / "shared" / "payloads" / "crypto"
VECTORS = [json.loads(path.read_text()) for path in sorted(RECORDED.glob("wx-*.json"))]
SEALED = [vector for vector in VECTORS if "ciphertext" in vector]
BAD_KEYS = [vector for vector in VECTORS if vector["kind"] == "bad-encoding-aes-key"]
PLAIN = [vector for vector in VECTORS if vector["kind"] == "mp-signature"]
ABSENT = [pytest.param(None, id="not-here")]

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OWN = [
    # message, sealed with KEY for "ww01" after the random bytes 0123456789abcdef, signature with "tok", 1772596800, "n1"
    ("", "Q3stYC6hdFzMh9T8HCvyDAjG2qIzrOwL0Q6kvw+o/yQ=", "b5ba0cf70cef3387c65363d50d4c77d5d462ff06"),
    ("收到", "Q3stYC6hdFzMh9T8HCvyDB/yfyNjqFm3GaflNV8InXI=", "bc0809cd2bea07504d25c664ebe22f2de6ee3199"),
    (
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "Q3stYC6hdFzMh9T8HCvyDAOoBFJHgri5NjvOWebs6xT8gTrRqK1e0zxDeZbufBE8KVrRD3ICIWKgAleN1+jBbhP6koduMOAspHeLNNXeQdccUoXSdk8U3LcZUff2lac1",
        "52babda8d88de19feb0c5a976b47b65460495cfc",
    ),
    (
        "<xml><MsgType>event</MsgType></xml>",
        "Q3stYC6hdFzMh9T8HCvyDHr0N+nleMjCEebRkm0AoH4gDq0ZLRJMhGapx3nmxM0bQcTad/d4iT/f/d09S2X8Zg==",
        "436b9deab5b9e17a52f78430270c57cecb5169d5",
    ),
]


def hook_of(vector: dict[str, Any]) -> Hook:
    """The HTTP delivery that a vector was taken from."""
    query = [(name, vector[name]) for name in ("msg_signature", "timestamp", "nonce")]
    if vector["kind"] == "get-echostr":
        return Hook("GET", {}, [*query, ("echostr", vector["ciphertext"])], b"")
    body = vector.get("raw_body") or f"<xml><Encrypt><![CDATA[{vector['ciphertext']}]]></Encrypt></xml>"
    return Hook("POST", {}, query, body.encode())


def name_of(vector: Any) -> str:
    return vector["name"] if isinstance(vector, dict) else "not-here"


@pytest.mark.parametrize("vector", SEALED or ABSENT, ids=name_of)
def test_a_recorded_seal_opens_and_its_signature_is_judged_rightly(vector: dict[str, Any] | None) -> None:
    if vector is None:
        assert not RECORDED.exists()
        return
    expected = vector["decrypted"].encode(), vector["decrypted_receive_id"]
    assert Seal(vector["encoding_aes_key"]).open(vector["ciphertext"]) == expected
    assert unseal(vector["ciphertext"], vector["encoding_aes_key"]) == expected
    for judge in (signature, sign):
        computed = judge(vector["token"], vector["timestamp"], vector["nonce"], vector["ciphertext"])
        assert (computed == vector["msg_signature"]) == vector["signature_ok"]


@pytest.mark.parametrize(
    "vector", [vector for vector in SEALED if vector["kind"] in ("post-xml", "get-echostr")] or ABSENT, ids=name_of
)
def test_a_recorded_callback_passes_the_gate_or_is_turned_away(vector: dict[str, Any] | None) -> None:
    if vector is None:
        assert not RECORDED.exists()
        return
    gate = Gate(((vector["token"], vector["encoding_aes_key"]),), vector["receive_id"])
    now = int(vector["timestamp"]) * SECOND
    if vector["should_verify"]:
        assert gate.open(hook_of(vector), now) == vector["decrypted"].encode()
        foreign = Gate(((vector["token"], vector["encoding_aes_key"]),), "ww-somebody-else")
        with pytest.raises(Shut):
            foreign.open(hook_of(vector), now)
    else:
        with pytest.raises(Shut):
            gate.open(hook_of(vector), now)


@pytest.mark.parametrize("vector", [v for v in SEALED if v["kind"] == "encrypt"] or ABSENT, ids=name_of)
def test_the_emulated_server_seals_as_recorded(vector: dict[str, Any] | None) -> None:
    if vector is None:
        assert not RECORDED.exists()
        return
    message, receiver = vector["plaintext"].encode(), vector["receive_id"]
    assert seal(message, vector["encoding_aes_key"], receiver, vector["random16"].encode()) == vector["ciphertext"]


@pytest.mark.parametrize("vector", PLAIN or ABSENT, ids=name_of)
def test_a_plain_signature_is_the_same_sum(vector: dict[str, Any] | None) -> None:
    if vector is None:
        assert not RECORDED.exists()
        return
    assert signature(vector["token"], vector["timestamp"], vector["nonce"]) == vector["signature"]


@pytest.mark.parametrize(
    "key",
    [vector["encoding_aes_key"] for vector in BAD_KEYS] + ["", KEY[:-1], KEY + "x", KEY[:-1] + "=", KEY[:-1] + "$"],
)
def test_a_malformed_key_is_refused_at_once(key: str) -> None:
    with pytest.raises(ValueError, match="43"):
        Gate((("token", key),), "ww01")


@pytest.mark.parametrize(("message", "sealed", "signed"), OWN, ids=["empty", "chinese", "full block", "xml"])
def test_our_own_vectors(message: str, sealed: str, signed: str) -> None:
    assert seal(message.encode(), KEY, "ww01", b"0123456789abcdef") == sealed
    assert Seal(KEY).open(sealed) == (message.encode(), "ww01")
    assert signature("tok", "1772596800", "n1", sealed) == sign("tok", "1772596800", "n1", sealed) == signed
