"""Service reports as documents: what stands in them, whose signatures, and what becomes of them when somebody changes a byte."""

from __future__ import annotations

import hashlib
import io
import random
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.reports.press import CannotPrint, Press
from notifier.reports.authority import Authority
from notifier.reports.press import local_press
from tests.reports.sheets import COMPANY, MADE_AT, hand, photo, sheet

Needs = Callable[[str], str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def press(folder: Path) -> Press:
    return local_press(folder, COMPANY)


@pytest.fixture(scope="module")
def sealed(press: Press) -> bytes:
    shown = photo()
    return press.make(sheet(pictures=[shown]), {hashlib.sha256(shown).hexdigest(): shown})[0]


@pytest.fixture(scope="module")
def signed(press: Press, sealed: bytes) -> bytes:
    return press.sign(sealed, hand(sealed))


def text_of(document: bytes, program: str, tmp_path: Path) -> str:
    (file := tmp_path / "read.pdf").write_bytes(document)
    return subprocess.run([program, "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout


def said_by(program: list[str], document: bytes, tmp_path: Path) -> str:
    (file := tmp_path / "said.pdf").write_bytes(document)
    done = subprocess.run([*program, str(file)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def changed(document: bytes, place: int) -> bytes:
    return document[:place] + bytes([document[place] ^ 1]) + document[place + 1 :]


@pytest.mark.req("S100")
def test_the_company_seals_and_the_customer_signs(press: Press, sealed: bytes, signed: bytes) -> None:
    first, both = press.check(sealed), press.check(signed)
    assert (first.verdict, [one.by for one in first.signatures]) == ("valid", ["company"])
    assert (both.verdict, [one.by for one in both.signatures]) == ("valid", ["company", "customer"])
    assert COMPANY in both.signatures[0].name and both.signatures[1].name == "王𬭎"
    assert [one.at for one in both.signatures] == [MADE_AT, hand(sealed).at]
    assert all(one.intact and one.trusted and not one.stamped for one in both.signatures)
    assert signed.startswith(sealed), "the customer's signature is added to the sealed bytes"


def test_both_fields_are_made_before_anything_is_signed(sealed: bytes) -> None:
    gap = re.search(rb"/ByteRange \[0 (\d+)", sealed)
    assert gap
    before = sealed[: int(gap[1])]
    assert before.count(b"/T (Company)") >= 1 and before.count(b"/T (Customer)") == 1
    assert b"/DocMDP" in sealed


@pytest.mark.req("S100")
def test_whichever_byte_is_changed_the_report_is_not_valid(press: Press, signed: bytes) -> None:
    chance = random.Random(7)
    gaps = [tuple(map(int, found)) for found in re.findall(rb"/ByteRange \[0 (\d+) (\d+)", signed)]
    in_gaps = [chance.randrange(*gap) for gap in gaps for _ in range(60)] + [
        gaps[-1][1] - 2,
        gaps[-1][0],
        gaps[-1][1] - 1,
    ]
    places = {*in_gaps, *(chance.randrange(len(signed)) for _ in range(100)), len(signed) - 1, len(signed) - 7, 0, 5}
    verdicts = {place: press.check(changed(signed, place)).verdict for place in places}
    assert {place for place, verdict in verdicts.items() if verdict == "valid"} == set()
    assert sum(verdict == "altered" for verdict in verdicts.values()) > len(places) - 3


def test_capital_digits_of_a_signature_are_a_change(press: Press, sealed: bytes) -> None:
    gap = re.search(rb"/ByteRange \[0 (\d+) (\d+)", sealed)
    assert gap
    digits = sealed[int(gap[1]) : int(gap[2])]
    other = digits.upper() if digits != digits.upper() else digits.lower()
    assert press.check(sealed[: int(gap[1])] + other + sealed[int(gap[2]) :]).verdict == "altered"


@pytest.mark.req("S100")
def test_what_is_added_makes_it_altered(press: Press, signed: bytes) -> None:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    note = generic.DictionaryObject({generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText")})
    writer.register_annotation(writer.find_page_for_modification(0)[0], writer.add_object(note))
    writer.write(out := io.BytesIO())
    for added in (out.getvalue(), signed + b"\n", signed + b"%%EOF\n"):
        assert press.check(added).verdict == "altered"


def test_strangers_files_are_unknown(press: Press, sealed: bytes, tmp_path: Path) -> None:
    theirs, _ = local_press(tmp_path / "theirs", COMPANY).make(sheet(), {})
    began = time.monotonic()
    for strange in (
        theirs,
        b"",
        b"%PDF-1.7\n",
        random.Random(1).randbytes(10_000_000),
        b"%PDF-1.7\n" + random.Random(2).randbytes(10_000_000),
        b"%PDF-" + b"/ByteRange [0 1 2 3]" * 500_000,
        bytes(40 * 1024 * 1024),
    ):
        assert press.check(strange).verdict == "unknown"
    assert time.monotonic() - began < 30
    for length in (len(sealed) // 2, len(sealed) - 1, len(sealed) - 300):
        assert press.check(sealed[:length]).verdict in ("altered", "unknown")


def test_only_what_the_customer_saw_is_signed(press: Press, sealed: bytes) -> None:
    with pytest.raises(CannotPrint):
        press.sign(sealed, replace(hand(sealed), document="0" * 64))


@pytest.mark.req("S100")
def test_other_programs_agree(signed: bytes, needs: Needs, tmp_path: Path) -> None:
    pdfsig, qpdf = needs("pdfsig"), needs("qpdf")
    assert said_by([pdfsig], signed, tmp_path).count("Signature is Valid") == 2
    assert "No syntax or stream encoding errors" in said_by([qpdf, "--check"], signed, tmp_path)
    flipped = changed(signed, 400)
    assert said_by([pdfsig], flipped, tmp_path).count("Digest Mismatch") == 2


def test_who_trusts_the_root_trusts_the_report(signed: bytes, folder: Path, needs: Needs, tmp_path: Path) -> None:
    pdfsig, certutil = needs("pdfsig"), needs("certutil")
    (store := tmp_path / "nss").mkdir()
    subprocess.run([certutil, "-N", "--empty-password", "-d", f"sql:{store}"], check=True, capture_output=True)
    taken = ["-A", "-n", "huiying", "-t", "CT,C,C", "-i", str(folder / "root.crt"), "-d", f"sql:{store}"]
    subprocess.run([certutil, *taken], check=True, capture_output=True)
    assert said_by([pdfsig, "-nssdir", str(store)], signed, tmp_path).count("Certificate is Trusted") == 2


@pytest.mark.req("S66", "S100")
def test_its_words_can_be_selected_and_stay_words(press: Press, needs: Needs, tmp_path: Path) -> None:
    program = needs("pdftotext")
    fault = 'A类设备SN88231 #read("/etc/passwd") *x* $a$ \\ #image("/0.jpg") <a> @b \u202e\x07尾'
    document, pages = press.make(sheet(fault), {})
    said = text_of(document, program, tmp_path)
    for words in (
        "王𬭎",
        "刘㛃",
        "A类设备SN88231",
        'read("/etc/passwd") *x* $a$',
        "A0000",
        "B0000",
        "2026-09-02",
        "尾",
    ):
        assert words in said
    assert pages == 1 and "root:" not in said and "\u202e" not in said


def test_characters_that_no_font_has_do_not_stop_it(press: Press, needs: Needs, tmp_path: Path) -> None:
    said = text_of(press.make(sheet("甲\ue000乙\ud800丙"), {})[0], needs("pdftotext"), tmp_path)
    assert "甲〓乙〓丙" in said


@pytest.mark.req("S100")
def test_the_code_on_it_leads_to_the_check_page(press: Press, sealed: bytes) -> None:
    import zxingcpp

    with Image.open(io.BytesIO(press.pictures(sealed)[0])) as page:
        found = [code.text for code in zxingcpp.read_barcodes(page)]
    assert found == [sheet().check_url]


def test_seal_and_signature_are_seen(press: Press, sealed: bytes, signed: bytes) -> None:
    def coloured(document: bytes, box: tuple[float, float, float, float], red: bool) -> int:
        with Image.open(io.BytesIO(press.pictures(document)[-1])) as page:
            wide, high = page.size
            cut = (round(box[0] * wide), round(box[1] * high), round(box[2] * wide), round(box[3] * high))
            part = page.convert("RGB").crop(cut)
        pixels = part.tobytes()
        return sum(
            (r > 150 and g < 90 and b < 90) if red else (b > r + 60 and b > 90 and r < 90)
            for r, g, b in zip(pixels[::3], pixels[1::3], pixels[2::3], strict=True)
        )

    left, right = (0.05, 0.8, 0.5, 1.0), (0.52, 0.84, 1.0, 0.95)
    assert coloured(sealed, left, red=True) > 1000
    assert coloured(sealed, right, red=False) == 0 < 100 < coloured(signed, right, red=False)


def test_photos_that_are_none_are_left_out(press: Press) -> None:
    good, bad = photo(), b"\xff\xd8\xff not a photo"
    given = {hashlib.sha256(one).hexdigest(): one for one in (good, bad)}
    document, _ = press.make(sheet(pictures=[good, bad, b"missing"]), given)
    assert document.count(b"/Subtype /Image") + document.count(b"/Subtype/Image") == 1


def test_long_reports_run_on(press: Press) -> None:
    assert press.make(sheet("停机。" * 1500, parts=20), {})[1] in (2, 3)


def test_two_processes_that_start_at_once_have_one_root(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, COMPANY), Authority(tmp_path, COMPANY)
    assert first.root == second.root and first.seal().certificate == second.seal().certificate
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("*.pem")} == {0}
