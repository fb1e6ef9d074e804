"""The copy of a photo that may leave: what stands on it, what it no longer tells, and what is never opened (S37, S90)."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageChops, PngImagePlugin

from notifier.photos import marking, opening
from notifier.photos.marking import mark
from notifier.photos.opening import LONGEST_EDGE, MOST_BYTES, MOST_PIXELS, NoPicture, Taken, look
from tests.photos.pictures import BLUE, GREEN, RED, camera, encoded, photo_of, png_head, quarters, strip

LINES = ["欧阳鹏 工号 A-1024", "拍摄 2026-03-04 10:01", "定位 31.94100,118.79000"]
PLACE, AT = (31.94, 118.79), "2026:03:04 10:01:02"
NEAR = 24
"""How far a colour may be off after it was stored as JPEG."""


def copy_of(content: bytes, lines: list[str] = LINES) -> Image.Image:
    image = Image.open(io.BytesIO(mark(content, lines)))
    assert image.format == "JPEG" and image.mode == "RGB"
    return image


def is_near(image: Image.Image, at: tuple[int, int], color: tuple[int, int, int]) -> bool:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(one - other) <= NEAR for one, other in zip(found, color, strict=True))


def marked_box(image: Image.Image, color: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Where the copy is not of this colour any more."""
    plain = ImageChops.difference(image, Image.new("RGB", image.size, color)).convert("L")
    box = plain.point([255 * (value > NEAR) for value in range(256)]).getbbox()
    assert box is not None
    return box


@pytest.mark.req("S37")
@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0), (127, 127, 127), (255, 220, 0)])
@pytest.mark.parametrize("size", [(4032, 3024), (3024, 4032), (1280, 720), (640, 480)])
def test_the_lower_right_corner_says_who_when_and_where(size: tuple[int, int], color: tuple[int, int, int]) -> None:
    image = copy_of(photo_of(size, color=color))
    assert max(image.size) == min(max(size), marking.LONG_SIDE)
    assert abs(image.width / image.height - size[0] / size[1]) < 0.01
    left, top, right, bottom = marked_box(image, color) if color != (0, 0, 0) else (0, 0, *image.size)
    if color != (0, 0, 0):
        assert (right, bottom) == image.size and left > image.width * 0.2 and top > image.height * 0.7
    corner = image.crop((image.width - 200, image.height - 60, image.width, image.height)).convert("L")
    darkest, brightest = corner.getextrema()
    assert isinstance(darkest, int | float) and isinstance(brightest, int | float)
    assert brightest - darkest > 120, "white on dark, whatever the photo shows"


def test_more_lines_make_a_larger_mark_and_none_make_none() -> None:
    photo = photo_of()
    heights = []
    for count in (1, 2, 3):
        image = copy_of(photo, LINES[:count])
        heights.append(image.height - marked_box(image, GREEN)[1])
    assert heights[0] < heights[1] < heights[2]
    assert is_near(copy_of(photo, []), (639, 479), GREEN)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (60, 20)])
def test_a_picture_smaller_than_its_mark_stands_above_it(size: tuple[int, int]) -> None:
    image, mark_alone = copy_of(photo_of(size, "PNG", color=RED)), copy_of(photo_of((1, 1)))
    assert (image.width, image.height) == (max(size[0], mark_alone.width), size[1] + mark_alone.height - 1)
    red, green, _ = image.getpixel((0, 0))  # type: ignore[misc]
    assert red > green, "it is not covered"


def test_a_long_screenshot_stays_wide_enough_to_be_read() -> None:
    assert copy_of(photo_of((1080, 12_000))).size == (720, 8_000)
    assert copy_of(photo_of((1080, 30_000))).size[1] == marking.LONGEST_SIDE


def test_long_names_and_places_are_broken_and_end_in_an_ellipsis() -> None:
    image = copy_of(photo_of((800, 600)), ["阿" * 16 + " 工号 1", "收到 2026-03-04 10:01", "定位 " + "很长的地址" * 60])
    left, top, _, _ = marked_box(image, GREEN)
    assert left > 800 * 0.2 and top > 300


@pytest.mark.req("S37")
def test_rare_characters_show_and_what_no_font_has_is_a_geta() -> None:
    drawn = [copy_of(photo_of(), [name]).tobytes() for name in ("𬭎", "㛃", "𠮷", "\U000f0000", "〓")]
    assert len({*drawn[:3]}) == 3 and drawn[2] == drawn[3] == drawn[4]


@pytest.mark.req("S37", "S90")
def test_nothing_that_the_camera_or_anybody_wrote_leaves_with_the_copy() -> None:
    xmp = b"<x:xmpmeta><exif:GPSLatitude>31,56N</exif:GPSLatitude></x:xmpmeta>"
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "GPS 31.94")
    thumbnail = camera(PLACE, AT)
    thumbnail[0x0201] = 8
    image = Image.new("RGB", (640, 480), GREEN)
    several = [
        encoded(image, "JPEG", exif=camera(PLACE, AT), comment=b"GPS 31.94", xmp=xmp, icc_profile=b"x" * 300),
        encoded(image, "JPEG", exif=thumbnail),
        encoded(image, "PNG", exif=camera(PLACE, AT), pnginfo=text),
        encoded(image, "WEBP", exif=camera(PLACE, AT).tobytes(), xmp=xmp),
        encoded(image, "HEIF", exif=camera(PLACE, AT).tobytes()),
    ]
    for content in several:
        copy = mark(content, LINES)
        found = Image.open(io.BytesIO(copy))
        assert not found.getexif() and set(found.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        for told in (b"Exif", b"GPS", b"ICC", b"http", b"2026:03:04"):
            assert told not in copy
    polyglot = photo_of() + b"<script>alert(1)</script>%PDF-1.4 PK\x03\x04"
    assert b"script" not in mark(polyglot, LINES)


@pytest.mark.parametrize(
    ("orientation", "red_at", "turned"),
    [(1, "left", 0), (2, "right", 0), (3, "right", 0), (4, "left", 0), (5, "top", 1), (6, "top", 1), (7, "bottom", 1), (8, "bottom", 1)],
)  # fmt: skip
def test_the_copy_is_upright_as_the_camera_was_held(orientation: int, red_at: str, turned: int) -> None:
    image = copy_of(quarters((4000, 3000), orientation), LINES[:1])
    assert image.size == ((1200, 1600) if turned else (1600, 1200))
    wide, high = image.size
    at = {"left": (40, 40), "right": (wide - 40, 40), "top": (40, 40), "bottom": (40, high - 40)}
    other = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
    assert is_near(image, at[red_at], RED) and is_near(image, at[other[red_at]], BLUE)


@pytest.mark.parametrize(
    ("mode", "kind", "color", "seen"),
    [
        ("CMYK", "JPEG", (0, 255, 255, 0), (255, 0, 0)),
        ("L", "JPEG", 130, (130, 130, 130)),
        ("1", "PNG", 1, (255, 255, 255)),
        ("I;16", "PNG", 40_000, (156, 156, 156)),
        ("RGBA", "PNG", (0, 0, 255, 0), (255, 255, 255)),
        ("LA", "PNG", (10, 255), (10, 10, 10)),
        ("RGBA", "WEBP", (0, 0, 255, 255), (0, 0, 255)),
        ("RGB", "HEIF", (30, 30, 200), (30, 30, 200)),
    ],
)
def test_pictures_of_every_make_keep_their_colours(
    mode: str, kind: str, color: object, seen: tuple[int, int, int]
) -> None:
    image = copy_of(encoded(Image.new(mode, (400, 300), color), kind))  # type: ignore[arg-type]
    assert is_near(image, (5, 5), seen)


def test_a_palette_with_a_transparent_colour_and_the_first_of_several_frames() -> None:
    palette = Image.new("P", (400, 300), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    assert is_near(copy_of(encoded(palette, "PNG", transparency=1)), (5, 5), (255, 255, 255))
    assert is_near(copy_of(encoded(palette, "GIF")), (5, 5), (0, 0, 255))
    frames = [Image.new("RGB", (400, 300), color) for color in (RED, BLUE, GREEN)]
    for kind in ("GIF", "WEBP", "MPO", "PNG"):
        moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert is_near(copy_of(moving), (5, 5), RED), kind


@pytest.mark.req("S37")
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no_picture"),
        (b"hello", "no_picture"),
        (b"<html><script>alert(1)</script></html>", "no_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "no_picture"),
        (b"%PDF-1.4\n" + photo_of(), "no_picture"),
        (b"PK\x03\x04" + photo_of(), "no_picture"),
        (b"\xff\xd8\xff\xe0", "no_picture"),
        (b"\xff\xd8\xff\xe0<script>", "no_picture"),
        (encoded(Image.new("RGB", (20, 20)), "BMP"), "no_picture"),
        (encoded(Image.new("RGB", (20, 20)), "TIFF"), "no_picture"),
        (photo_of((2000, 2000))[:-3000], "damaged"),
        (photo_of(kind="PNG")[:-200], "damaged"),
        (photo_of(kind="WEBP")[:-30], "no_picture"),
        (png_head(50_000, 50_000), "too_many_pixels"),
        (png_head(50_000, 1), "too_many_pixels"),
        (strip(LONGEST_EDGE + 1, 1), "too_many_pixels"),
        (png_head(10_000, MOST_PIXELS // 10_000 + 1), "too_many_pixels"),
        (png_head(2**31 - 1, 2**31 - 1), "too_many_pixels"),
    ],
)
def test_what_is_no_picture_or_too_large_is_never_opened(content: bytes, why: str) -> None:
    with pytest.raises(NoPicture, match=f"^{why}$"):
        mark(content, LINES)


def test_the_bounds_are_where_they_say() -> None:
    assert copy_of(strip(LONGEST_EDGE, 2)).width == marking.LONGEST_SIDE
    assert max(copy_of(strip(10_000, MOST_PIXELS // 10_000)).size) == marking.LONG_SIDE
    photo = photo_of()
    assert copy_of(photo + b"\0" * (MOST_BYTES - len(photo))).size == (640, 480)
    with pytest.raises(NoPicture, match="too_large"):
        mark(photo + b"\0" * (MOST_BYTES - len(photo) + 1), LINES)


@pytest.mark.req("S90")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_camera_tells_where_and_when(kind: str) -> None:
    given = camera(PLACE, AT).tobytes()
    assert look(encoded(Image.new("RGB", (64, 64)), kind, exif=given)) == Taken(
        "2026-03-04T10:01:02", "31.940000,118.790000"
    )


@pytest.mark.req("S90")
def test_what_a_camera_says_is_believed_within_bounds() -> None:
    assert look(photo_of(place=(-33.5, -70.25))).place == "-33.500000,-70.250000"
    for place in ((0.0, 0.0), (99.0, 10.0), (10.0, 181.0)):
        assert look(photo_of(place=place)) == Taken()
    for at in ("rm -rf / ; select 1", "2026:13:40 10:00:00", "", "0000:00:00 00:00:00"):
        assert look(photo_of(at=at)).at is None


@pytest.mark.req("S90")
def test_no_byte_of_an_exif_block_can_do_more_than_say_nothing() -> None:
    whole = photo_of((16, 16), place=PLACE, at=AT)
    end = whole.index(b"\xff\xdb")
    for at in range(end):
        for bad in (b"\xff", b"\0"):
            try:
                look(whole[:at] + bad + whole[at + 1 :])
            except NoPicture as no:
                assert str(no) in ("no_picture", "damaged", "too_many_pixels")


def test_the_allow_list_is_what_it_says() -> None:
    assert opening.FORMATS == ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
