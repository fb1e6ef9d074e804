"""The copy of a photo that may leave the desk: smaller, upright, without what its camera wrote into it, and marked in its lower
right corner with who, when and where (S37, S90). A pure function from bytes to bytes; runs in a process of its own: see `child`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cache

from PIL import Image, ImageDraw, ImageFont, ImageOps

from notifier.photos.opening import opened

LONG_SIDE = 1_600
"""Long side of the copy, pixels."""
SHORT_SIDE, LONGEST_SIDE = 720, 12_000
"""A long picture (screenshots, panoramas) stays so wide that it can be read, as long as it gets no longer than this."""
QUALITY = 85
"""JPEG quality of the copy."""
TEXT_SHARE = 34
"""The short side of the copy is so many times as high as the text on it."""
SMALLEST_TEXT, LARGEST_TEXT = 14, 48
"""Bounds of the text's height, pixels."""
MARK_SHARE = 0.72
"""Share of the width that the mark may take before its lines are broken."""
MOST_ROWS = 7
"""Rows of the mark at most; what is longer ends in an ellipsis."""
DARK = 0.6
"""How dark the ground of the mark is, from 0 to 1: white letters on it can be read whatever the photo shows."""
PAPER = (236, 236, 236)
"""What stands beside a picture that is smaller than its mark."""
GETA = "〓"
"""Stands for a character that the font has not."""
_NO_CHARACTER = "\uffff"


def mark(content: bytes, lines: Sequence[str]) -> bytes:
    """The copy as JPEG, with these lines. Raises NoPicture."""
    with opened(content) as image:
        copy = _small(image)
    copy.info = {}
    out = io.BytesIO()
    _marked(copy, lines).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _small(image: Image.Image) -> Image.Image:
    """Decoded no larger than needed, and turned as its camera was held."""
    size = _size(*image.size)
    image.draft("RGB", size)
    image.load()
    plain = _plain(image)
    shrunk = plain if plain.size == size else plain.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    shrunk.info = {name: image.info[name] for name in ("exif",) if name in image.info}
    return ImageOps.exif_transpose(shrunk)


def _size(width: int, height: int) -> tuple[int, int]:
    """Of the copy: never larger than the picture."""
    long, short = max(width, height), min(width, height)
    scale = min(1.0, max(LONG_SIDE / long, min(SHORT_SIDE / short, LONGEST_SIDE / long)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _plain(image: Image.Image) -> Image.Image:
    """In red, green and blue, eight bits each; what is transparent becomes white."""
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    if image.mode == "I":
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if image.mode == "F":
        return image.convert("L").convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    seen = image.convert("RGBA")
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper


def _marked(image: Image.Image, lines: Sequence[str]) -> Image.Image:
    height = min(max(min(image.size) // TEXT_SHARE, SMALLEST_TEXT), LARGEST_TEXT)
    font, edge = _font(height), height // 2
    rows = _rows(lines, font, max(round(image.width * MARK_SHARE), height * 18))
    if not rows:
        return image
    step = round(height * 1.4)
    size = (round(max(font.getlength(row) for row in rows)) + 2 * edge, step * len(rows) + 2 * edge - step + height)
    canvas = _large_enough(image, size)
    left, top = canvas.width - size[0], canvas.height - size[1]
    corner = canvas.crop((left, top, canvas.width, canvas.height))
    canvas.paste(Image.blend(corner, Image.new("RGB", size), DARK), (left, top))
    draw = ImageDraw.Draw(canvas)
    for number, row in enumerate(rows):
        place = (canvas.width - edge, top + edge + number * step + height // 2)
        draw.text(place, row, "white", font, anchor="rm", stroke_width=max(1, height // 20), stroke_fill=(0, 0, 0))
    return canvas


def _large_enough(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture itself; one that is smaller than its mark stands above it, on paper."""
    if image.width >= size[0] and image.height >= size[1]:
        return image
    canvas = Image.new("RGB", (max(image.width, size[0]), image.height + size[1]), PAPER)
    canvas.paste(image)
    return canvas


def _rows(lines: Sequence[str], font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The lines, broken where they are wider than `width`."""
    rows = [row for line in lines for row in _broken("".join(_shown(one, font) for one in line), font, width)]
    return rows if len(rows) <= MOST_ROWS else [*rows[: MOST_ROWS - 1], f"{rows[MOST_ROWS - 1][:-1]}…"]


def _broken(line: str, font: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    row = ""
    for character in line.strip():
        if row and font.getlength(row + character) > width:
            yield row.rstrip()
            row = ""
        row += character
    if row.strip():
        yield row


def _shown(character: str, font: ImageFont.FreeTypeFont) -> str:
    """The character, if the font has it."""
    if character.isspace() or _picture(character, font) != _picture(_NO_CHARACTER, font):
        return character
    return GETA


def _picture(character: str, font: ImageFont.FreeTypeFont) -> bytes:
    """What a character looks like."""
    width, height = round(font.getlength(character)) + 1, round(font.size) * 2
    paper = Image.new("L", (width, height))
    ImageDraw.Draw(paper).text((0, 0), character, 255, font)
    return paper.tobytes()


@cache
def _font(height: int) -> ImageFont.FreeTypeFont:
    """Noto Sans SC: all characters of the general standard for written Chinese (通用规范汉字表), rare names among them."""
    return ImageFont.truetype(io.BytesIO(_letters()), height, layout_engine=ImageFont.Layout.BASIC)


@cache
def _letters() -> bytes:
    from pylopdf_fonts_zh_cn import sans_path

    with open(sans_path(), "rb") as file:
        return file.read()
