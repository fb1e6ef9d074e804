"""The `desk` command."""

from __future__ import annotations

import importlib
import sys

from config.shadow import shadows

COMMANDS = {
    "demo": ("config.demo:demo_command", "a desk to try, on this machine only"),
    "serve": ("config.serving:serve_command", "run the desk"),
    "board-link": ("config.serving:board_link_command", "the link that opens the board for staff"),
    "play": ("config.play:play_command", "play dialogue scripts on a fresh desk"),
    "packs": ("config.pack_command:packs_command", "industry packs: list, check, try, begin one's own"),
    "understand": ("config.understand:understand_command", "what the desk makes of a text"),
    "read": ("config.reading:read_command", "what a recorded platform delivery becomes"),
    "doctor": ("config.doctor:doctor_command", "what is missing or wrong, in plain words"),
    "migrate": ("config.migrating:migrate_command", "bring the database to this version"),
    "dead": ("config.aside:dead_command", "what was set aside: look at it, have it tried again"),
    "quarantine": ("config.aside:quarantine_command", "deliveries that nobody could read: replay them after a fix"),
    "metrics-key": ("config.watching:metrics_key_command", "the key with which Prometheus reads /metrics"),
    "backup": ("config.backup:backup_command", "the whole desk in one file"),
    "restore": ("config.backup:restore_command", "a desk from a backup"),
    "move": ("config.moving:move_command", "take a stopped desk to another database"),
    "privacy": ("config.privacy_command:privacy_command", "personal data: requests, copies, erasure"),
    "audit": ("config.verifying:audit_command", "prove that no event was changed or removed"),
    "import": ("config.importing:import_command", "bring in staff, customers and former tickets"),
    "link": ("config.linking:link_command", "a one-time code that binds a staff member's chat"),
    "qr": ("config.qr:qr_command", "QR codes of devices, customers and teams"),
    "report": ("config.report_command:report_command", "service reports: check a file, see a sample"),
    "rosters": ("config.rosters:rosters_command", "who is on duty in turns: check or apply a file, show the shifts"),
    "staff": ("config.linking:staff_command", "add or list members of the staff"),
}
"""Command → where it is, and what it does. A command's rooms are loaded only when it is used."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    place = COMMANDS.get(words[0])
    if place is None:
        print(f"desk: unknown command {words[0]!r}\n{usage()}", file=sys.stderr)
        return 2
    if strangers := shadows():
        print(f"desk: another package stands in the way of ours: {strangers}", file=sys.stderr)
        return 2
    module, name = place[0].split(":")
    try:
        return getattr(importlib.import_module(module), name)(words[1:])
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return 130


def usage() -> str:
    """What can be said."""
    lines = [f"  desk {name:<13}{what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(["usage: desk COMMAND …", *lines, "  desk COMMAND --help says more"])


if __name__ == "__main__":
    sys.exit(main())
