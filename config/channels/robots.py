"""Group robots as settings name them: one a group, by a name of our own. What the channels of several platforms share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from config.secret import Secret
from config.section import Section
from config.troubles import Trouble

RobotName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]


class Robot(Section):
    """群机器人 · a group's robot, [channels.CHANNEL.robots.NAME]"""

    token: Secret | None = Field(
        default=None, description="webhook 地址里令牌的出处 · where the token of its webhook's address is kept"
    )
    secret: Secret | None = Field(
        default=None,
        description="签名（加签）密钥的出处；没有开启则不写 · where the secret of its sign is kept, if it has one",
    )

    def revealed(self) -> tuple[str, str | None]:
        """Token and secret. Raises CannotReveal."""
        assert self.token is not None
        return self.token.reveal(), self.secret.reveal() if self.secret else None


Robots = Mapping[RobotName, Robot]


def incomplete(channel: str) -> Callable[[Any], Iterator[Trouble]]:
    """What the doctor says of a channel of robots: it has none, or one without its address."""

    def found(given: Any) -> Iterator[Trouble]:
        missing = [f"robots.{name}.token" for name, robot in given.robots.items() if robot.token is None]
        if missing or not given.robots:
            yield Trouble("channel_incomplete", values={"channel": channel, "missing": ", ".join(missing) or "robots"})

    return found
