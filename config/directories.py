"""Companies' directories as the settings name them."""

from __future__ import annotations

import asyncio

from bots.dingtalk_directory import DirectoryConfig, DirectoryTrouble, read_directory
from config.secret import CannotReveal
from config.settings import Settings
from core.links.directory import Directory
from core.links.lines import TableRefused


def dingtalk_directory(settings: Settings) -> Directory:
    """The whole DingTalk directory. Raises TableRefused: not set up, refused, or out of reach."""
    access = settings.directory.dingtalk
    if not access.app_key or access.app_secret is None:
        raise TableRefused("directory_unset")
    try:
        config = DirectoryConfig(access.app_key, access.app_secret.reveal(), access.api_base, access.oapi_base)
    except CannotReveal as error:
        raise TableRefused("directory_refused", why=str(error), code="app_secret") from error
    try:
        return asyncio.run(read_directory(config))
    except DirectoryTrouble as trouble:
        key = "directory_refused" if trouble.refused else "directory_silent"
        raise TableRefused(key, why=str(trouble), code=trouble.code or "-") from trouble
