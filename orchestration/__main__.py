"""`python -m orchestration` is the `fieldwise` command."""

from orchestration.cli import main

main()
