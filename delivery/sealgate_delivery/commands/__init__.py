"""What an operator types: `sealgate-cloud NOUN VERB`. One module a noun; `--json` prints the same for programs.

Ends with 0 when done, 1 and one sentence when it cannot be done, 64 for a command line that makes no sense.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from peewee import PeeweeException

from sealgate_core.parameters import ParameterError
from sealgate_core.seal import SealBroken
from sealgate_core.status import EX_USAGE
from sealgate_delivery import store
from sealgate_delivery.commands import account, audit, key, member, message, status, tenant
from sealgate_delivery.commands.base import Failure, Session
from sealgate_delivery.settings import PARAMETERS

NOUNS = (tenant, member, account, message, key, audit, status)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EX_USAGE, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = _Parser(prog="sealgate-cloud", description="Set up and look at one Sealgate cloud.")
    top.add_argument("--config", type=Path, default=Path("/etc/sealgate/cloud.toml"), help="default: %(default)s")
    top.add_argument("--json", action="store_true", help="print JSON, for programs")
    nouns = top.add_subparsers(metavar="NOUN", required=True)
    for noun in NOUNS:
        noun.register(nouns)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = parser().parse_args(arguments)
    try:
        session = Session(PARAMETERS.load(given.config), given.json)
        if getattr(given, "without_store", False):
            given.run(session, given)
            return 0
        store.connect(session.settings["database"])
        with store.session():
            given.run(session, given)
    except (Failure, ParameterError) as error:
        print(f"sealgate-cloud: {error}", file=sys.stderr)
    except (PeeweeException, OSError) as error:
        print(f"sealgate-cloud: the store cannot be used: {error}", file=sys.stderr)
    except SealBroken:
        print("sealgate-cloud: a stored key does not open; is master_key the one it was made with?", file=sys.stderr)
    else:
        return 0
    return 1
