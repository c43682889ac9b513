"""The command `andon`. Importing it needs neither Django nor a setting: an auditor runs `andon verify` without them."""

from andon.gateways.cli.command import main

__all__ = ["main"]
