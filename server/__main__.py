"""`python -m server` is the `petsong` command."""

from server.cli import app

app(prog_name="petsong")
