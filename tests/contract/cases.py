"""Every channel under the contract: the cases of each module here that is named for its channel."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module

from tests import contract
from tests.contract.rig import Case

CASES: Sequence[Case] = [
    case
    for module in pkgutil.iter_modules(contract.__path__, f"{contract.__name__}.")
    if module.name.endswith("_cases")
    for case in import_module(module.name).CASES
]
HEARING: Sequence[Case] = [case for case in CASES if case.hears]
TELLING: Sequence[Case] = [case for case in CASES if not case.hears]
CALLED: Sequence[Case] = [case for case in HEARING if case.called]
CONNECTED: Sequence[Case] = [case for case in HEARING if case.connected]
