"""The commands of `fieldwise`, and what they share; `orchestration.cli` names them."""
