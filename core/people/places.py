"""Where an address lies: the district by which engineers are chosen (区域)."""

from __future__ import annotations

import re

_MUNICIPAL = re.compile(r"(?:省|自治区|市|州|盟|地区)(?P<place>[^省市区县旗\s]{1,8}(?:区|县|旗|市))")
_BARE = re.compile(r"^(?:[^省市区县旗\s]{2,3}(?:省|市))?(?P<place>[^省市区县旗\s]{1,6}(?:区|县|旗))")
_NOT_DISTRICTS = ("开发区", "园区", "小区", "厂区", "库区", "社区", "校区", "片区", "高新区")
"""Endings that name an estate, not a district, unless nothing better stands there."""


def region_of(address: str) -> str | None:
    """The district, county or county-level city that an address names: 浙江省宁波市鄞州区… → 鄞州区. None if it names none."""
    places = []
    at = 0
    while found := _MUNICIPAL.search(address, at):
        places.append(found["place"])
        at = found.end("place") - 1
    if bare := _BARE.match(address):
        places.append(bare["place"])
    proper = [place for place in places if not place.endswith(_NOT_DISTRICTS) and not place.endswith("市")]
    cities = [place for place in places if place.endswith("市")]
    return next(iter(proper or cities[-1:]), None)
