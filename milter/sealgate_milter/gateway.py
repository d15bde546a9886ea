"""`sealgate-gateway`: try, explain and check on the gateway what the milter does.

    sealgate-gateway explain MESSAGE.eml        what happens to this message, and why
    sealgate-gateway policy check               is the policy file right
    sealgate-gateway policy test DIR            are messages judged as they must be
    sealgate-gateway policy replay MBOX --against NEW.toml      what would a new policy have done
    sealgate-gateway held list|show|release|drop        what policy holds in Postfix's queue
    sealgate-gateway report                     what the policy did lately, from the log
    sealgate-gateway fingerprint add FILE…      register confidential documents
    sealgate-gateway exact-data build ROWS.csv  register rows of real data
    sealgate-gateway detectors                  what can be found by name
    sealgate-gateway scan --jsonl < texts       every detector on bare texts, for measurements

Exit status: 0 done, 1 a file could not be used, 64 wrong use, 141 nobody reads the output any more.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence

from sealgate_core.parameters import ParameterError
from sealgate_core.status import Refusal
from sealgate_milter.commands import detectors, exact_data, explain, fingerprint, held, policy, report, scan
from sealgate_milter.commands.common import CommandError, said
from sealgate_milter.policy import PolicyError

COMMANDS = (explain, policy, held, fingerprint, exact_data, report, detectors, scan)


class _Parser(argparse.ArgumentParser):
    """An argument parser that ends with EX_USAGE."""

    def error(self, message: str) -> "None":  # type: ignore[override]
        """Print what is wrong and how to get help."""
        self.exit(os.EX_USAGE, f"{self.prog}: {message}\nTry '{self.prog} --help'.\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = _Parser(prog="sealgate-gateway", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subcommands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(subcommands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    given = parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = given.run
    try:
        status = run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has enough, as `head` has. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (OSError, CommandError, ParameterError, PolicyError, Refusal) as error:
        # A refusal: what the milter would put off, such as mail that depends on a directory that does not answer.
        print(f"sealgate-gateway: {said(error)}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
