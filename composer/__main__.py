"""The command: ``agent-composer``, and ``python -m composer``."""

from composer.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
