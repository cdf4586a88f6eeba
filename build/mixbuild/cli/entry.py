"""Where the program begins: nothing is imported yet, and whoever interrupts that is told, too."""

from __future__ import annotations

from mixbuild.cli.interrupt import end_at_interrupts


def main() -> None:
    """Import the commands, which takes half a second, and run the one that is asked for."""
    end_at_interrupts()
    from mixbuild.cli.main import main

    main()
