"""E-mail (电子邮件): settings and plug."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from config.channels.plug import Plug, Wiring
from config.secret import Secret
from config.section import Section

if TYPE_CHECKING:
    from config.desk import ChannelMaker

Tls = Literal["implicit", "starttls", "none"]
Port = Annotated[int, Field(ge=1, le=65535)]


class Email(Section):
    """电子邮件：收进来、发出去，报告与告警也可以发邮件 · e-mail, both ways"""

    enabled: bool = Field(default=False, description="启用 · switched on")
    address: str = Field(
        default="", pattern=r"^(?:[^@\s]+@[A-Za-z0-9.-]+)?$", description="工单台的邮箱地址 · the desk's own address"
    )
    name: str = Field(default="", description="发件人显示的名称 · the name that it shows")
    user: str = Field(default="", description="登录名，不写则用邮箱地址 · the login, if it is not the address")
    password: Secret | None = Field(
        default=None, description="密码或客户端授权码的出处，如 env:MAIL_PASSWORD · where its password is kept"
    )
    imap_host: str = Field(default="", description="收信服务器 · the server that mail is read from")
    imap_port: Port = Field(default=993, description="收信端口 · its port")
    imap_tls: Tls = Field(
        default="implicit", description="加密：implicit、starttls，none 只限本机 · how it is encrypted"
    )
    folder: str = Field(default="INBOX", description="读哪个文件夹 · the folder that is read")
    smtp_host: str = Field(default="", description="发信服务器 · the server that mail is sent by")
    smtp_port: Port = Field(default=465, description="发信端口 · its port")
    smtp_tls: Tls = Field(
        default="implicit", description="加密：implicit、starttls，none 只限本机 · how it is encrypted"
    )
    trusted_authserv: str | None = Field(
        default=None,
        description="本方收信服务器在 Authentication-Results 里的名字；不写则谁的发件地址都不算证明 · our mail server's name there",
    )

    @model_validator(mode="after")
    def _plain_only_here(self) -> Self:
        for host, tls in ((self.imap_host, self.imap_tls), (self.smtp_host, self.smtp_tls)):
            if tls == "none" and host and not _is_here(host):
                raise PydanticCustomError("mail_plain", "a mail server elsewhere is not spoken with in plain text")
        return self


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make(given: Email, wiring: Wiring) -> ChannelMaker:
    """Raises CannotReveal."""
    from bots.mail import Mail, MailConfig

    assert given.password is not None
    config = MailConfig(
        address=given.address.lower(),
        user=given.user or given.address,
        password=given.password.reveal(),
        imap=(given.imap_host, given.imap_port, given.imap_tls),
        smtp=(given.smtp_host, given.smtp_port, given.smtp_tls),
        folder=given.folder,
        name=given.name,
        authserv=given.trusted_authserv,
    )
    return lambda shelf, files, clock: Mail(config, shelf, wiring.files.put, files, clock)


PLUG = Plug(
    "bots.mail:Mail",
    Email,
    make,
    needed=("address", "password", "imap_host", "smtp_host"),
    account=lambda given: given.address.lower(),
)
