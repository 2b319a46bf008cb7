"""The command line: arguments in, text and an exit code out.

:mod:`composer.cli.front` is where a run begins: it answers ``build`` and ``check`` itself. All else is answered by Typer, from
:mod:`composer.cli.app`: one module for each group of commands, and nothing else imports Typer. Modules of the engine are imported by the
command that needs them, when it runs: ``--help`` and completion need none.
"""
