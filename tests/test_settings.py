"""Settings: one typed object from environment and file; secrets by reference; mistakes said in plain words."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, ValidationError

import config
from config.example import example
from config.loading import Unusable, load
from config.packs import rules_of
from config.policies import policies
from config.secret import CannotReveal, Secret
from config.settings import PREFIX, Settings
from config.troubles import _catalogue
from core.clocks.calendar import Calendar, Day, Shift
from core.clocks.policy import Exempt, Goal, Runs, ServiceLevel, Target
from core.conversations.policy import ConversationPolicy
from core.dispatch.policy import DispatchPolicy
from core.escalation.policy import LADDERS, EscalationPolicy, Ladder, Step
from core.policies import Policies
from core.tickets.policy import TicketPolicy
from core.words import HOUR, MINUTE, SECOND

pytestmark = pytest.mark.usefixtures("unset")

HOME = Path(__file__).parent.parent
PLAIN = "wJalrXUtnFEMI-plain-secret"


@pytest.fixture
def unset(elsewhere: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the company has a name."""
    monkeypatch.delenv(f"{PREFIX}REPORT__COMPANY")


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], None]:
    """Writes ./desk.toml."""

    def write(text: str) -> None:
        (tmp_path / "desk.toml").write_text(text, encoding="utf-8")

    return write


def test_nothing_needs_to_be_configured(tmp_path: Path) -> None:
    settings = load()
    assert settings.data_dir == tmp_path / "var"
    assert settings.store_url() == f"sqlite:///{tmp_path}/var/desk.db"
    assert (settings.listen_host, settings.listen_port) == ("127.0.0.1", 8741)
    assert settings.channels.webchat.enabled
    assert not settings.channels.wecom.enabled


def test_the_thresholds_are_those_of_the_rules() -> None:
    settings = load()
    level = settings.service_level
    assert (level.p0_alert_within_s, level.p0_first_response_min) == (15, 60)
    assert (level.p1_first_response_h, level.p2_first_response_h) == (2, 24)
    assert (settings.summary_min_chars, settings.closing_after_h, settings.open_watch_min) == (50, 72, 3)
    assert settings.stayed_after_h == 48
    assert (level.first_response_business, level.resolution_pauses) == (("P1",), ("waiting_part",))
    assert (level.first_action_min, level.resolution_h, level.exception) == ({}, {}, ())
    talk = settings.conversation
    assert (talk.burst_quiet_s, talk.burst_window_s, talk.draft_minutes) == (8, 20, 30)
    assert (settings.quiet_hours.start, settings.quiet_hours.end) == (time(22), time(8))
    assert settings.working_hours.shifts == (Shift(time(8, 30), time(18)),) and len(settings.working_hours.days) == 6
    assert (settings.dispatch.offer_min, settings.dispatch.offer_p0_min) == (10, 3)


def test_the_defaults_are_the_policies_of_the_core() -> None:
    house = policies(load())
    assert replace(house, calendar=Calendar()) == Policies(rules=rules_of())
    assert replace(house.calendar, days={}, years=None) == Calendar()


SHIFTS = (Shift(time(9), time(12)), Shift(time(22), time(6)))


@pytest.mark.req("S9")
def test_public_holidays_and_make_up_days_are_known() -> None:
    """2026: National Day from 1 to 7 October, made up for on Sunday, 20 September, and on 10 October, a working day anyway."""
    house = policies(load()).calendar
    assert house.shifts_on(date(2026, 10, 7)) == () != house.shifts_on(date(2026, 10, 8))
    assert house.days[date(2026, 10, 1)].name == "国庆节"
    assert (
        house.shifts_on(date(2026, 9, 20)) == house.shifts_on(date(2026, 9, 21))
        and house.shifts_on(date(2026, 9, 13)) == ()
    )
    assert house.years is not None and {2024, 2025, 2026} <= house.years


def test_a_setting_moves_its_policy(file: Callable[[str], None]) -> None:
    file(
        'timezone = "Asia/Urumqi"\nentity = "b"\nticket_number_format = "W{n}"\nsummary_min_chars = 51\n'
        "closing_after_h = 73\nopen_watch_min = 4\nstayed_after_h = 49\none_time_code_minutes = 31\n"
        "[conversation]\nburst_quiet_s = 8.5\nburst_window_s = 21\ndraft_minutes = 31\n"
        "[service_level]\np0_first_response_min = 61\np0_alert_within_s = 16\n"
        "p1_first_response_h = 3\np2_first_response_h = 25\n"
        'first_response_business = ["P1", "P2"]\nfirst_action_min = { P0 = 30 }\nfirst_action_business = []\n'
        'resolution_h = { P0 = 8, P1 = 48 }\nresolution_business = "P1"\nresolution_pauses = ["accepted"]\n'
        '[[service_level.exception]]\nname = "A"\nlevel = "A"\npriority = "P1"\nfirst_response_min = 45\nclock = "wall"\n'
        '[[service_level.exception]]\nname = "press"\nentity = "b"\ndevices = "注塑机, 冲床"\nfirst_action_min = 20\n'
        "resolution_min = 600\nstage_idle_min = 90\n"
        '[working_hours]\nshifts = "09:00-12:00, 22:00-06:00"\ndays = ["mon", "sun"]\nholidays = "none"\n'
        'closed_days = ["2026-12-25"]\nopen_days = ["2026-12-26"]\n'
        "[dispatch]\noffer_min = 11\noffer_p0_min = 4\n"
        "[escalation]\nfuse_min = 61\nunacted_min = 62\nstuck_h = 3\nsilent_h = 4\nlevel_h = { C = 25 }\nidle_h = 73\n"
        'managers_group = "group:feishu/app/oc_1"\nmost_on_duty = 4\nack_key = "5"\n'
        "[escalation.ladders.stuck]\nrounds = 2\nevery_min = 30\n"
        '[[escalation.ladders.stuck.steps]]\ntargets = ["duty:manager"]\nroutes = ["voice"]\nafter_min = 1.5\nup = 1\nclosed = true\n'
    )
    assert policies(load()) == Policies(
        zone=ZoneInfo("Asia/Urumqi"),
        entity="b",
        tickets=TicketPolicy(
            number_format="W{n}", summary_min=51, closing=73 * HOUR, open_watch=4 * MINUTE, stayed=49 * HOUR
        ),
        conversation=ConversationPolicy(burst_quiet=8_500_000, burst_window=21 * SECOND, draft=31 * MINUTE),
        service_level=ServiceLevel(
            p0_first_response=61 * MINUTE,
            p1_first_response=3 * HOUR,
            p2_first_response=25 * HOUR,
            p0_alert=16 * SECOND,
            business=frozenset({"P1", "P2"}),
            further={
                Goal.ACTION: {"P0": Target(30 * MINUTE)},
                Goal.RESOLUTION: {"P0": Target(8 * HOUR), "P1": Target(48 * HOUR, Runs.BUSINESS)},
            },
            pauses=frozenset({"accepted"}),
            exempt=(
                Exempt("A", level="A", priority="P1", spans={Goal.RESPONSE: 45 * MINUTE}, runs=Runs.WALL),
                Exempt(
                    "press",
                    entity="b",
                    devices=("注塑机", "冲床"),
                    spans={Goal.ACTION: 20 * MINUTE, Goal.RESOLUTION: 10 * HOUR, Goal.IDLE: 90 * MINUTE},
                ),
            ),
        ),
        calendar=Calendar(
            week=(SHIFTS, (), (), (), (), (), SHIFTS),
            days={date(2026, 12, 25): Day((), "休息"), date(2026, 12, 26): Day(SHIFTS, "上班")},
            zone=ZoneInfo("Asia/Urumqi"),
        ),
        escalation=EscalationPolicy(
            fuse=61 * MINUTE,
            unacted=62 * MINUTE,
            stuck=3 * HOUR,
            silent=4 * HOUR,
            levels={"C": 25 * HOUR},
            idle=73 * HOUR,
            groups={"managers": ("group:feishu/app/oc_1",)},
            ladders={
                **LADDERS,
                "stuck": Ladder((Step(("duty:manager",), ("voice",), 90 * SECOND, 1, True),), 2, 30 * MINUTE),
            },
            most_on_duty=4,
            ack_key="5",
        ),
        dispatch=DispatchPolicy(offer=11 * MINUTE, offer_p0=4 * MINUTE),
        rules=rules_of(),
        link_code=31 * MINUTE,
    )


def test_the_environment_wins_over_the_file(file: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    file('listen_port = 9000\nentity = "north"\n[conversation]\nburst_quiet_s = 5\ndraft_minutes = 45\n')
    monkeypatch.setenv("HUIYING_LISTEN_PORT", "9001")
    monkeypatch.setenv("HUIYING_CONVERSATION__BURST_QUIET_S", "6")
    settings = load()
    assert (settings.listen_port, settings.entity) == (9001, "north")
    assert (settings.conversation.burst_quiet_s, settings.conversation.draft_minutes) == (6, 45)


def test_lists_are_written_with_commas_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_CHANNELS__WECOM_KF__OPEN_KFIDS", "wk1, wk2")
    monkeypatch.setenv("HUIYING_CHANNELS__WECOM_KF__CALLBACK_TOKENS", "env:OLD,env:NEW")
    channel = load().channels.wecom_kf
    assert channel.open_kfids == ("wk1", "wk2")
    assert channel.callback_tokens == (Secret("env:OLD"), Secret("env:NEW"))


def test_another_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.toml").write_text("listen_port = 9002\n")
    monkeypatch.setenv("HUIYING_CONFIG", str(tmp_path / "other.toml"))
    assert load().listen_port == 9002


def test_settings_are_frozen() -> None:
    settings = load()
    with pytest.raises(ValidationError):
        settings.listen_port = 1
    with pytest.raises(ValidationError):
        settings.conversation.burst_quiet_s = 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("listn_port = 1", "Did you mean listen_port?"),
        ("[conversation]\nburst_quiet = 1", "Did you mean conversation.burst_quiet_s?"),
        ("[channels.wecom]\nsecert = 'env:A'", "Did you mean channels.wecom.secret?"),
        ("[channels.wecom_fk]\nenabled = true", "Did you mean channels.wecom_kf?"),
        ("colour = 'red'", "There is no setting colour."),
        ("[working_hours]\nshifts = '8点到18点'", "working_hours.shifts.0 is no shift."),
        ("[working_hours]\nshifts = '08:30-25:00'", "working_hours.shifts.0 is no shift."),
        ("[working_hours]\ndays = []", "working_hours.days"),
        ("[dispatch]\noffer_min = 0", "dispatch.offer_min must be more than 0."),
        ("listen_port = 'soon'", "listen_port must be a whole number."),
        ("listen_port = 70000", "listen_port will not do"),
        ("summary_min_chars = 0", "summary_min_chars must be more than 0."),
        ("conversation = 8", "conversation is a group of settings"),
        ("languages = ['fr']", "languages.0 will not do"),
        ("timezone = 'Asia/Beijing'", "timezone is no known time zone"),
        ("timezone = '../passwd'", "timezone is no known time zone"),
        ("ticket_number_format = 'GD-'", "ticket_number_format must hold {n} exactly once"),
        ("ticket_number_format = 'GD-{n}-{x}'", "ticket_number_format must hold {n} exactly once"),
        ("database_url = 'mysql://desk@db/desk'", "no database address"),
        ("database_url = 'desk.db'", "no database address"),
        ("public_url = 'desk.example.com'", "public_url is not a web address"),
        ("[channels.wecom]\napi_base = 'qyapi'", "channels.wecom.api_base is not a web address"),
        ("listen_port = = 1", "malformed near line 1"),
        ("entity = 'main'\n\nlisten_port", "malformed near line 3"),
    ],
)
def test_a_mistake_is_said_in_plain_words(file: Callable[[str], None], text: str, says: str) -> None:
    file(text)
    with pytest.raises(Unusable) as refused:
        load()
    assert says in str(refused.value)


def test_every_mistake_is_said_at_once(file: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    file("listen_port = 'soon'\ncolour = 'red'\n")
    monkeypatch.setenv("HUIYING_LISTN_HOST", "0.0.0.0")
    with pytest.raises(Unusable) as refused:
        load()
    assert len(refused.value.troubles) == 3
    assert "Did you mean HUIYING_LISTEN_HOST?" in str(refused.value)


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYING_CONFIG", "/nowhere/desk.toml")
    with pytest.raises(Unusable, match="/nowhere/desk"):
        load()


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_bytes(b"entity = '\xff\xfe'")
    with pytest.raises(Unusable, match="cannot be read"):
        load()


@pytest.mark.parametrize("text", [PLAIN, f"env:{PLAIN}", f"file:{PLAIN}", f"vault:{PLAIN}", "env:", "file:", ""])
@pytest.mark.parametrize("name", ["database_password", "channels.wecom.secret", "channels.wecom_kf.callback_tokens"])
def test_a_secret_written_down_is_refused_and_not_repeated(
    file: Callable[[str], None], capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    section, _, key = name.rpartition(".")
    value = f'["{text}"]' if key.endswith("s") else f'"{text}"'
    file((f"[{section}]\n" if section else "") + f"{key} = {value}\n")
    with pytest.raises(Unusable) as refused:
        load()
    assert f"{name} must name where the secret is kept" in str(refused.value).replace(".0", "")
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    assert PLAIN not in str(refused.value) + repr(refused.value.troubles)


def test_a_keyring_is_offered_only_where_there_is_one() -> None:
    with pytest.raises(ValidationError, match="keyring package"):
        Settings(database_password=Secret("keyring:desk/db").reference)  # pyright: ignore[reportArgumentType]


def test_a_secret_is_read_from_where_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECOM_SECRET", PLAIN)
    (tmp_path / "secret").write_text(f"{PLAIN}\n")
    by_variable, by_file = Secret.parse("env:WECOM_SECRET"), Secret.parse(f"file:{tmp_path}/secret")
    assert by_variable.reveal() == by_file.reveal() == PLAIN
    (tmp_path / "secret").write_text("rotated")
    assert by_file.reveal() == "rotated"


def test_a_secret_shows_only_its_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WECOM_SECRET", PLAIN)
    monkeypatch.setenv("HUIYING_CHANNELS__WECOM__SECRET", "env:WECOM_SECRET")
    settings = load()
    assert settings.channels.wecom.secret == Secret("env:WECOM_SECRET")
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "env:WECOM_SECRET" in shown
    assert PLAIN not in shown


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe", b"x" * 70_000])
def test_a_secret_that_cannot_be_had_says_why_without_its_content(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(CannotReveal) as refused:
        Secret(f"file:{tmp_path}/secret").reveal()
    assert refused.value.code in _catalogue()
    assert "xxx" not in str(refused.value)


def test_an_unset_variable_is_said() -> None:
    with pytest.raises(CannotReveal, match="env:NOBODY_SETS_THIS"):
        Secret("env:NOBODY_SETS_THIS").reveal()


def test_the_database_password_stands_apart(file: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    file('database_url = "postgresql://desk@db:5432/desk"\ndatabase_password = "env:DESK_DB"\n')
    monkeypatch.setenv("DESK_DB", "p@ss/word")
    settings = load()
    assert settings.store_url() == "postgresql+psycopg://desk:p%40ss%2Fword@db:5432/desk"
    assert "p@ss" not in repr(settings)


def test_a_password_in_the_database_address_is_refused(file: Callable[[str], None]) -> None:
    file(f'database_url = "postgresql://desk:{PLAIN}@db/desk"\n')
    with pytest.raises(Unusable, match="database_url holds a password") as refused:
        load()
    assert PLAIN not in str(refused.value)


def test_the_example_is_made_from_the_settings() -> None:
    assert (HOME / "desk.example.toml").read_text(encoding="utf-8") == example(), "run: make example"


def test_reading_the_example_changes_nothing(file: Callable[[str], None]) -> None:
    defaults = load()
    file(example())
    assert load() == defaults


def test_every_setting_is_explained_in_both_languages() -> None:
    def bare(model: type[BaseModel]) -> list[str]:
        found = [] if model is Settings or model.__doc__ else [model.__name__]
        for name, field in model.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                found += bare(field.annotation)
            elif " · " not in (field.description or ""):
                found.append(f"{model.__name__}.{name}")
        return found

    assert bare(Settings) == []


def test_every_trouble_has_words_in_both_languages() -> None:
    raised = set()
    for path in Path(config.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Trouble", "PydanticCustomError"):
                raised |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    words = _catalogue()
    assert {"secret_plain", "unknown_name", "listen_open"} <= raised <= set(words)
    for code, said in words.items():
        assert set(said) == {"zh", "en"}, code
        needed = {lang: [_places(sentence) for sentence in said[lang]] for lang in said}
        assert len(needed["zh"]) == len(needed["en"]) == 2, code
        assert set().union(*needed["zh"]) == set().union(*needed["en"]), code


def _places(sentence: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}
