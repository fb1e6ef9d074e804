"""Every setting of the desk in one typed, frozen object, read from the environment and one `desk.toml`.

The environment wins: HUIYING_LISTEN_PORT=9000, HUIYING_CHANNELS__WECOM__CORP_ID=ww1. A list is written with commas.
`desk.example.toml` is made from this file (make example).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from config.carrier_settings import Carriers, Limits
from config.channels import Channels
from config.channels.dingtalk_notice import DINGTALK_API, DINGTALK_OAPI
from config.escalation_settings import Escalation
from config.packs import DEFAULT, PackError, packs_of
from config.privacy_settings import Privacy
from config.report_settings import Reports
from config.secret import Secret
from config.section import Count, Dates, Names, Seconds, Section, WebAddress, listed
from config.service_settings import ServiceLevelSettings
from config.silence_settings import Silence
from config.understanding_settings import UnderstandingSettings
from config.voice_settings import Voice
from core.clocks.calendar import Shift

PREFIX = "HUIYING_"
FILE_VARIABLE = "HUIYING_CONFIG"
"""Names the file to read in place of ./desk.toml."""
DEFAULT_FILE = "desk.toml"
AES_KEY_CHARACTERS = 43
"""Length of a WeCom EncodingAESKey."""


def _shift(value: object) -> object:
    """08:30-12:00 as a shift."""
    found = re.fullmatch(r"(\d{1,2}:\d{2})\s*[-–~至]\s*(\d{1,2}:\d{2})", value) if isinstance(value, str) else None
    if found is None:
        if isinstance(value, Shift):
            return value
        raise PydanticCustomError("shift", "a shift is written like 08:30-18:00")
    try:
        opens, closes = (time.fromisoformat(part.zfill(5)) for part in found.groups())
    except ValueError:
        raise PydanticCustomError("shift", "a shift is written like 08:30-18:00") from None
    return Shift(opens, closes)


Shifts = Annotated[tuple[Annotated[Shift, BeforeValidator(_shift)], ...], BeforeValidator(listed)]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Conversation(Section):
    """对话 · how the desk waits for people to finish speaking"""

    burst_quiet_s: Seconds = Field(
        default=8, description="连发静默：报修后安静多久才回复，秒 · quiet before a report is answered"
    )
    burst_window_s: Seconds = Field(
        default=20, description="连发上限：从第一句起最多等多久，秒 · longest wait from its first message"
    )
    draft_minutes: Count = Field(
        default=30, description="草稿保留：不足字数的摘要留多久，分钟 · a short summary is kept as a draft"
    )
    form_questions: Count = Field(
        default=5, description="表单追问：一次最多问几项 · questions of a form in one sitting, at most"
    )


class QuietHours(Section):
    """免打扰 · when the desk tells customers no progress of its own accord; answers and alarms always go"""

    start: time = Field(default=time(22), description="开始，当地时间 · begins, local time")
    end: time = Field(default=time(8), description="结束，当地时间 · ends, local time")


class WorkingHours(Section):
    """工作时间 · when the house is open; what runs in business time runs only then"""

    shifts: Shifts = Field(
        default=(Shift(time(8, 30), time(18)),),
        min_length=1,
        description="班次，当地时间，可分段、可跨夜，如 08:30-12:00, 13:30-18:00 · shifts of a working day, local time",
    )
    days: Annotated[tuple[Weekday, ...], Field(min_length=1), BeforeValidator(listed)] = Field(
        default=("mon", "tue", "wed", "thu", "fri", "sat"), description="工作日 · working days"
    )
    holidays: Literal["cn", "none"] = Field(
        default="cn", description="法定节假日与调休：cn 或 none · public holidays and make-up days"
    )
    closed_days: Dates = Field(default=(), description="另外休息的日子，如 2026-12-25 · own days off")
    open_days: Dates = Field(default=(), description="另外上班的日子 · own working days")


class Dispatch(Section):
    """派单 · how long an engineer may think about a ticket that is offered to him (S58)"""

    offer_min: Count = Field(
        default=10, description="派单等待接单，工作时间，分钟 · an offer waits for an answer, business time"
    )
    offer_p0_min: Count = Field(
        default=3, description="P0 派单等待接单，自然时间，分钟 · the offer of a P0 waits, wall clock"
    )


class Rosters(Section):
    """值班表 · when managers hear of shifts that nobody has"""

    hole_ahead_h: Count = Field(
        default=72, description="空岗提前多久告诉经理，小时 · managers hear of a hole so long before it begins, hours"
    )
    hole_again_h: Count = Field(
        default=24, description="没补上之前多久再提醒一次，小时 · and again until it is filled, hours"
    )


class Satisfaction(Section):
    """满意度 · what is a low score, how long a repair has to hold, and who is asked to recommend us"""

    low_stars: int = Field(
        default=2,
        ge=0,
        le=4,
        description="低分：几星及以下由人接着谈 · up to so many stars a person goes on with the talk",
    )
    first_time_days: Count = Field(
        default=30,
        description="一次修好：完工后多少天内没有返修、没有再报 · a repair holds if nothing comes back within days",
    )
    surveys: bool = Field(
        default=True,
        description="每季度问一次推荐意愿（NPS） · ask customers once a quarter how likely they recommend us",
    )


class DingtalkDirectory(Section):
    """钉钉通讯录（desk import dingtalk），应用须有通讯录读权限 · DingTalk's directory, for desk import dingtalk"""

    app_key: str = Field(default="", description="应用 AppKey（ClientId） · the app's key")
    app_secret: Secret | None = Field(
        default=None, description="应用 AppSecret 的出处，如 env:DINGTALK_SECRET · where its secret is kept"
    )
    api_base: WebAddress = Field(default=DINGTALK_API, description="新版接口地址 · base URL of the API")
    oapi_base: WebAddress = Field(default=DINGTALK_OAPI, description="旧版接口地址 · base URL of the older API")


class Directories(Section):
    """通讯录 · directories from which staff can be imported"""

    dingtalk: DingtalkDirectory = DingtalkDirectory()


class Settings(BaseSettings):
    """All settings of one desk. Use `load` to read them: it explains what is wrong; this only raises."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        enable_decoding=False,
        validate_default=True,
    )

    data_dir: Path = Field(default=Path("var"), description="数据目录 · folder of the database and files")
    checkpoint_dir: Path | None = Field(
        default=None,
        description="检查点另存目录，最好在另一台机器的盘上；不写则在数据目录里 · checkpoints are also kept here, best on another machine's disk",
    )
    database_url: str = Field(
        default="sqlite:///{data_dir}/desk.db",
        description="数据库：sqlite:///路径 或 postgresql://用户@主机/库，不含密码 · database, without a password",
    )
    database_password: Secret | None = Field(
        default=None, description="数据库密码的出处 · where the database password is kept"
    )
    listen_host: str = Field(default="127.0.0.1", description="监听地址 · address to listen on")
    listen_port: int = Field(default=8741, ge=0, le=65535, description="监听端口 · port to listen on")
    public_url: WebAddress | None = Field(
        default=None,
        description="外网地址，客户和平台由此进入 · the address by which customers and platforms reach the desk",
    )
    web_key: Secret | None = Field(
        default=None,
        description="网页钥匙的出处，签发访客身份和看板链接；不写则自动生成 · key of our own pages; made at the first start if unset",
    )
    heartbeat_url: WebAddress | None = Field(
        default=None,
        description="心跳地址：一切正常时每分钟访问一次，{name} 换成本进程的名字 · called once a minute while all is well",
    )
    timezone: str = Field(default="Asia/Shanghai", description="时区 · time zone")
    languages: Annotated[tuple[Literal["zh", "en"], ...], BeforeValidator(listed)] = Field(
        default=("zh", "en"), min_length=1, description="语言，第一个为默认 · languages, the first is the default"
    )
    entity: str = Field(
        default="main", pattern=r"^[a-z0-9_-]{1,32}$", description="默认法人 · the default legal entity"
    )
    ticket_number_format: str = Field(
        default="GD-{n}", description="工单号格式，{n} 为流水号 · ticket numbers, {n} counts"
    )
    summary_min_chars: Count = Field(
        default=50, description="处理摘要至少多少实字（S38） · real characters in a summary"
    )
    closing_after_h: Count = Field(
        default=72, description="完工后多久自动关闭，小时 · a done ticket closes by itself, hours"
    )
    open_watch_min: Count = Field(
        default=3, description="打开未处理的观察窗，分钟（S7） · opened, nothing done: minutes"
    )
    stayed_after_h: Count = Field(
        default=48,
        description="滞留：未完工超过多少小时，自然时间（S85） · open for longer, a ticket has stayed, hours",
    )
    effective_inquiry_h: Count = Field(
        default=24,
        description="有效咨询：报修后多少小时内的询问才算，不含末端（S97） · questions count so long after the report, hours",
    )
    one_time_code_minutes: Count = Field(
        default=30, description="绑定码有效期，分钟（S5b） · a binding code is valid, minutes"
    )
    guest_hours: Count = Field(
        default=24,
        description="家属凭验证码可代问进度，小时（S18） · a relative with a code may ask about progress, hours",
    )
    pack: Names = Field(
        default=(DEFAULT,),
        min_length=1,
        description="行业包，一个或多个：desk packs 列出全部；自己的写文件夹，如 ./our-pack · industry packs, by name or folder",
    )
    conversation: Conversation = Conversation()
    understanding: UnderstandingSettings = UnderstandingSettings()
    service_level: ServiceLevelSettings = ServiceLevelSettings()
    silence: Silence = Silence()
    quiet_hours: QuietHours = QuietHours()
    working_hours: WorkingHours = WorkingHours()
    dispatch: Dispatch = Dispatch()
    rosters: Rosters = Rosters()
    satisfaction: Satisfaction = Satisfaction()
    escalation: Escalation = Escalation()
    limits: Limits = Limits()
    channels: Channels = Channels()
    voice: Voice = Voice()
    carriers: Carriers = Carriers()
    report: Reports = Reports()
    directory: Directories = Directories()
    privacy: Privacy = Privacy()

    @property
    def checkpoint_folder(self) -> Path:
        """Where checkpoints are kept a second time."""
        return self.checkpoint_dir or self.data_dir / "checkpoints"

    def store_url(self) -> str:
        """The database URL with its password, to be handed to the store alone. Raises CannotReveal."""
        return with_password(self.database_url, self.database_password)

    @field_validator("data_dir", "checkpoint_dir")
    @classmethod
    def _from_here(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str, info: ValidationInfo) -> str:
        if "data_dir" in info.data:
            url = url.replace("{data_dir}", str(info.data["data_dir"]))
        return known_database(url)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise PydanticCustomError("timezone", "no such time zone (or the tzdata package is missing)") from None
        return name

    @field_validator("pack")
    @classmethod
    def _usable_packs(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            packs_of(names)
        except PackError as error:
            raise PydanticCustomError("pack", "{why}", {"why": str(error)}) from None
        return names

    @field_validator("ticket_number_format")
    @classmethod
    def _counts(cls, pattern: str) -> str:
        if pattern.count("{n}") != 1 or set("{}/") & set(pattern.replace("{n}", "")):
            raise PydanticCustomError(
                "ticket_number_format", "{{n}} must stand in it once, and no other braces or slash"
            )
        return pattern

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())


def known_database(url: str) -> str:
    """A database URL that the desk can use. Raises PydanticCustomError, which says why it cannot."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise PydanticCustomError("database_url", "write sqlite:///PATH or postgresql://user@host/name") from None
    if parsed.password:
        raise PydanticCustomError("database_url_password", "the password belongs into database_password")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise PydanticCustomError("database_url", "write sqlite:///PATH or postgresql://user@host/name")
    return url


def with_password(database_url: str, password: Secret | None) -> str:
    """A database URL as the store takes it. Raises CannotReveal."""
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if password is not None:
        url = url.set(password=password.reveal())
    return url.render_as_string(hide_password=False)


def config_file() -> Path:
    """The file that is read, whether or not it is there."""
    return Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def known_names(model: type[BaseModel], path: Iterable[Any]) -> list[str]:
    """The setting names that may stand at a path of names, e.g. ("channels", "wecom")."""
    for name in path:
        inner = model.model_fields[name].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
