# pyright: reportMissingImports=false
"""django-helpdesk in its own environment: filled in bulk, then its create and its list are timed. Prints one line of JSON.

python benchmarks/peer_side.py FOLDER TICKETS REPEATS      (run by the interpreter of the peer's environment, see peer.py)
"""

import json
import sys
import time
from pathlib import Path

FILL = 5_000
ROWS = 50
OPEN_SHARE = 10
"""One ticket in so many is open."""
WORDS = "一号车间东侧的空压机漏油，昨天下午开始的，重启过一次没有用，麻烦尽快派人来看看"


def configure(folder: Path) -> None:
    """Its own settings as its documentation has them; mail goes nowhere."""
    import django
    from django.conf import settings

    contrib = ("admin", "auth", "contenttypes", "sessions", "messages", "sites", "staticfiles", "humanize")
    settings.configure(
        SECRET_KEY="benchmark",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "helpdesk.db"}},
        INSTALLED_APPS=[
            *(f"django.contrib.{name}" for name in contrib),
            "bootstrap4form",
            "rest_framework",
            "helpdesk",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.debug",
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        ROOT_URLCONF="peer_urls",
        STATIC_URL="/static/",
        MEDIA_ROOT=str(folder),
        SITE_ID=1,
        USE_TZ=True,
        ALLOWED_HOSTS=["*"],
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HELPDESK_TEAMS_MODE_ENABLED=False,
    )
    import types

    from django.urls import include, path

    urls = types.ModuleType("peer_urls")
    urls.urlpatterns = []  # type: ignore[attr-defined]
    sys.modules["peer_urls"] = urls
    django.setup()
    urls.urlpatterns = [path("", include("helpdesk.urls", namespace="helpdesk"))]  # type: ignore[attr-defined]


def fill(count: int) -> None:
    """Tickets with their first follow-up, in bulk; a member of the staff to look at them."""
    from datetime import timedelta

    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import transaction
    from django.utils import timezone
    from helpdesk.models import FollowUp, Queue, Ticket

    call_command("migrate", verbosity=0)
    staff = User.objects.create_superuser("staff", "staff@example.org", "staff")
    queue = Queue.objects.create(title="Service", slug="service", allow_public_submission=True)
    now = timezone.now()
    for first in range(0, count, FILL):
        with transaction.atomic():
            tickets = Ticket.objects.bulk_create(
                Ticket(
                    title=f"空压机漏油 {place}",
                    queue=queue,
                    created=now - timedelta(seconds=9 * (count - place)),
                    modified=now,
                    submitter_email=f"customer{place // 3}@example.org",
                    assigned_to=staff,
                    status=Ticket.OPEN_STATUS if place % OPEN_SHARE == 0 else Ticket.CLOSED_STATUS,
                    description=WORDS,
                    priority=3,
                    secret_key=f"{place:036d}",
                )
                for place in range(first, min(first + FILL, count))
            )
            FollowUp.objects.bulk_create(
                FollowUp(ticket=ticket, date=ticket.created, title="Ticket Opened", comment=WORDS, public=True)
                for ticket in tickets
            )


def measure(repeats: int) -> dict[str, list[list[float]]]:
    """Wall and processor seconds of each create, of each list of open tickets, and of each list of all."""
    from django.test import Client
    from helpdesk.models import Queue, Ticket
    from helpdesk.query import query_to_base64

    queue = Queue.objects.get()
    form = {
        "queue": queue.pk,
        "title": "空压机漏油",
        "body": WORDS,
        "priority": 3,
        "submitter_email": "new@example.org",
    }
    public, staff = Client(), Client()
    staff.login(username="staff", password="staff")

    def create() -> None:
        assert public.post("/tickets/submit/", form).status_code == 302

    def listed(query: dict[str, object]) -> None:
        url = f"/datatables_ticket_list/{query_to_base64(query)}"
        answer = staff.get(url, {"draw": 1, "start": 0, "length": ROWS})
        assert answer.status_code == 200 and len(answer.json()["data"]) == ROWS

    everything: dict[str, object] = {"filtering": {}, "sorting": "created", "sortreverse": True, "search_string": ""}
    only_open = {**everything, "filtering": {"status__in": [Ticket.OPEN_STATUS, Ticket.REOPENED_STATUS]}}
    return {
        "create": [timed(create) for _ in range(repeats)],
        "open": [timed(lambda: listed(only_open)) for _ in range(max(3, repeats // 4))],
        "all": [timed(lambda: listed(everything)) for _ in range(max(3, repeats // 4))],
    }


def timed(act) -> list[float]:  # type: ignore[no-untyped-def]
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return [time.perf_counter() - wall, time.process_time() - cpu]


def main() -> None:
    folder, count, repeats = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    configure(folder)
    started = time.perf_counter()
    fill(count)
    filled = time.perf_counter() - started
    measure(3)
    import django

    print(json.dumps({"filled": filled, "django": django.__version__, **measure(repeats)}))


if __name__ == "__main__":
    main()
