"""The root of the command: global options, lazy loading of sub-commands.

Errors turned into sentences and exit statuses.
"""

from __future__ import annotations

import importlib
import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from relto import __version__
from relto.base.errors import MalformedInput, Misconfigured, ReltoError
from relto.cli.output import fail

# name -> (module, attribute, one line of help). A module is loaded when its command runs, so `relto verify` needs no
# Django.
_COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "align": ("relto.cli.alignment", "align", "Where the two rule books differ, and what both nations say of it."),
    "arrivals": ("relto.cli.arrivals", "arrivals", "What arrived from the partner nation; accept or refuse it."),
    "assurances": ("relto.cli.assurances", "assurances", "Assurances given to and received from the partner."),
    "authorisations": ("relto.cli.authorisations", "authorisations", "Disclosure and export authorisations."),
    "authority": ("relto.cli.authority", "authority", "The key of a nation's authority, apart from any node."),
    "bulk": ("relto.cli.bulk", "bulk", "A whole archive sealed or checked; resumed after any end."),
    "cases": ("relto.cli.cases", "cases", "Release cases: list, look at the gates, decide, withdraw."),
    "courier": ("relto.cli.courier", "courier", "What goes by courier, what came; who carried it."),
    "custodians": (
        "relto.cli.custodians",
        "custodians",
        "Those who may recover: their keys, records of what they did.",
    ),
    "custody": ("relto.cli.custody", "custody", "The chain of custody of an item; gaps shown as gaps."),
    "decisions": ("relto.cli.replays", "decisions", "Make a recorded decision once more (inspector)."),
    "demo": ("relto.cli.demo", "demo", "Two nations on this machine play the story, then keep running."),
    "dossier": ("relto.cli.dossiers", "dossier", "Procedures: begin, write, check, take a step, what waits."),
    "emergency": ("relto.cli.emergency", "emergency", "A role for some hours, when nobody who holds it can act."),
    "items": ("relto.cli.items", "items", "Items you may see; may you open one?"),
    "label": ("relto.cli.label", "label", "Markings of documents: check them, write them."),
    "ledger": ("relto.cli.ledger", "ledger", "The node's ledger: state, entries, export, trust file."),
    "node": ("relto.cli.node", "node", "Set up, check and run a sovereign node."),
    "open": ("relto.cli.items", "open_item", "Open an item on this machine."),
    "people": ("relto.cli.people", "people", "Companies, facilities, people, programmes (registrar)."),
    "reconcile": ("relto.cli.reconcile", "reconcile", "Do the two registers agree? Compare them with the partner."),
    "recover": ("relto.cli.recover", "recover", "Open a container with its custodians' keys, offline."),
    "refusal": ("relto.cli.refusal", "refusal", "Why something was refused, and who can supply what is missing."),
    "register": ("relto.cli.register", "register", "The control register: holdings, copies, inventories."),
    "rehearse": ("relto.cli.rehearse", "rehearse", "Rehearse a scenario on two throw-away nodes."),
    "release": ("relto.cli.cases", "release", "Ask the own authority to release an item."),
    "rules": ("relto.cli.rules", "rules", "The agreement bundle: draft, sign, show, activate."),
    "search": ("relto.cli.waiting", "search", "Search by id, number, programme, facility, nation, day, text."),
    "seal": ("relto.cli.items", "seal", "Seal a file on this machine and register it."),
    "share": ("relto.cli.waiting", "share", "What is missing before a partner's facility may have an item."),
    "submit": ("relto.cli.items", "submit", "Register a container that another OpenTDF client sealed."),
    "templates": ("relto.cli.templates", "templates", "Joint templates: versions that both nations signed; documents."),
    "third-party": ("relto.cli.third_party", "third_party", "Pass a received item on, with the originator's consent."),
    "tokens": ("relto.cli.people_sign_in", "tokens", "Your personal tokens for the API."),
    "verify": ("relto.cli.verify", "verify", "Verify an exported ledger offline."),
    "waiting": ("relto.cli.waiting", "waiting", "What waits for you, by when; what you wait for."),
    "whoami": ("relto.cli.people", "whoami", "Who you are at your node."),
    "witness": ("relto.cli.witness", "witness", "An authority's witness: a small separate process."),
}
_INTERRUPTED = 130
_USAGE = 2


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        found = getattr(importlib.import_module(module), attribute)
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][2]) for name in sorted(_COMMANDS)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="relto")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
@click.option("--language", type=click.Choice(["en", "hi"]), default="en", help="Language of sentences.")
@click.option("--profile", type=click.Path(), envvar="RELTO_PROFILE", help="File with node, client_id, client_secret.")
@click.pass_context
def relto(context: click.Context, as_json: bool, language: str, profile: str | None) -> None:  # noqa: FBT001  click passes flags by position
    """Two nations' defence companies share classified information safely, under both governments' eyes."""
    context.meta["relto.json"] = as_json
    context.meta["relto.language"] = language
    context.meta["relto.profile"] = profile


def _usage_error(usage: click.ClickException) -> MalformedInput:
    """Wrong usage as relto's own error: the option or argument as the field, click's sentence as what is expected."""
    parameter = getattr(usage, "param", None)
    field = parameter.name if parameter is not None else getattr(usage, "option_name", None)
    return MalformedInput("usage", field=field or "command", expected=usage.format_message())


def _language(arguments: Sequence[str]) -> str:
    """The language asked for, known also when the command line as a whole could not be read."""
    pairs = [*itertools.pairwise(arguments), *(tuple(text.split("=", 1)) for text in arguments)]
    return "hi" if ("--language", "hi") in pairs else "en"


def run() -> None:
    """Entry point. `--json` may stand anywhere on the line; exit statuses are those of docs/reference/errors.md."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--json"]
    as_json = len(arguments) < len(sys.argv) - 1
    in_language = _language(arguments)
    try:
        relto.main((["--json"] if as_json else []) + arguments, prog_name="relto", standalone_mode=False)
    except ReltoError as error:
        sys.exit(fail(error, as_json=as_json, in_language=in_language))
    except click.exceptions.Exit as leaving:
        sys.exit(leaving.exit_code)
    except click.ClickException as usage:
        if as_json:
            sys.exit(fail(_usage_error(usage), as_json=True, in_language=in_language))
        usage.show()
        sys.exit(_USAGE)
    except OSError as error:
        # What no command foresaw of this machine's files: a full disk, a folder that another user owns.
        name = None if error.filename is None else Path(os.fsdecode(error.filename)).name
        problem = Misconfigured("system", field="file", found=name, expected=error.strerror or type(error).__name__)
        sys.exit(fail(problem, as_json=as_json, in_language=in_language))
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)
