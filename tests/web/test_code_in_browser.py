"""The chat page entered by a QR code: the desk knows the device, and the address of the page keeps no token."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from config.rehearsal import CODES
from core.scans.codes import Code
from tests.web.site import Site
from tests.web.test_in_browser import browser, phone

__all__ = ["browser", "phone"]


@pytest.mark.req("S67")
def test_a_code_opens_the_page_and_is_told_once(site: Site, phone: Page) -> None:
    token = CODES.token("main", Code("device", "GA37-0812"))
    phone.goto(f"{site.url}/chat?scene={token}")
    expect(phone.get_by_text("SN GA37-0812")).to_be_visible()
    assert phone.url == f"{site.url}/chat" and token not in phone.content()
    phone.reload()
    expect(phone.get_by_text("SN GA37-0812")).to_have_count(1)
