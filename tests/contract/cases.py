"""Every channel under the contract."""

from __future__ import annotations

from collections.abc import Sequence

from tests.contract import dingtalk_notice_cases, feishu_cases, webchat_cases, wecom_cases
from tests.contract.rig import Case

CASES: Sequence[Case] = (
    wecom_cases.APP,
    wecom_cases.KF,
    webchat_cases.CASE,
    dingtalk_notice_cases.CASE,
    feishu_cases.CASE,
)
HEARING: Sequence[Case] = [case for case in CASES if case.hears]
TELLING: Sequence[Case] = [case for case in CASES if not case.hears]
