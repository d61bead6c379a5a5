"""`python -m relto.cli` is the `relto` command."""

from relto.cli.main import run

run()
