"""Every carrier under the contract."""

from __future__ import annotations

from collections.abc import Sequence

from tests.carriers import aliyun_cases, tencent_cases, twilio_cases
from tests.carriers.rig import Case

CASES: Sequence[Case] = (
    aliyun_cases.SMS,
    aliyun_cases.VOICE,
    tencent_cases.SMS,
    tencent_cases.VOICE,
    twilio_cases.SMS,
    twilio_cases.VOICE,
)
