"""`sealgate-gateway policy check|test|replay|reference`: is the policy file right, and what does it do."""

import argparse
import sys
from typing import TYPE_CHECKING

from sealgate_core.parameters import ParameterError
from sealgate_milter import ldap_groups
from sealgate_milter.commands import common, policy_replay, policy_test
from sealgate_milter.doubts import doubts
from sealgate_milter.ldap_search import DirectoryError
from sealgate_milter.policy import PolicyError
from sealgate_milter.reference import reference
from sealgate_milter.wording import counted

if TYPE_CHECKING:
    from sealgate_milter.commands.common import Subcommands


def add(subcommands: "Subcommands") -> None:
    """Declare the command."""
    said = "check the policy file, try it on messages, print its reference"
    command = subcommands.add_parser("policy", help=said, description=__doc__)
    inner = command.add_subparsers(title="commands", metavar="COMMAND", required=True)
    check = inner.add_parser("check", help="load the policy file as the milter does and say what is wrong with it")
    common.add_policy(check)
    check.add_argument("file", nargs="?", help="the policy file, like --policy")
    check.set_defaults(run=run_check)
    policy_test.add(inner)
    policy_replay.add(inner)
    printed = inner.add_parser("reference", help="print docs/policy.md")
    printed.set_defaults(run=run_reference)


def run_check(arguments: argparse.Namespace) -> int:
    """Load the policy; errors end the program with their sentence."""
    if arguments.file:
        arguments.policy = type(common.SHIPPED)(arguments.file)
    ldap_groups.forget()
    policy, registered = common.parsed(arguments), common.registered(arguments)
    if not policy.rules:
        where = f"{common.policy_path(arguments)}:1"
        raise PolicyError(f"{where}: has no [[rules]], so nothing would be secured; the milter refuses such a file")
    unready = list(policy.unready(registered))
    if unready and registered.folder.is_dir():
        raise ParameterError(unready[0])
    ours = ", ".join(sorted(policy.internal)) or "none known here"
    size = f"{counted(len(policy.tests), 'test')}, {counted(len(policy.rules), 'rule')}"
    print(f"{common.policy_path(arguments)}: {size}, mode {policy.mode}")
    print(f"our own domains: {ours}")
    for sentence in unready:
        # Where a policy is written, there need not be what only the gateway may have.
        print(f"note: {sentence}; a milter on this host would refuse this policy")
    for sentence in doubts(policy, registered):
        print(f"note: {sentence}")
    return _groups()


def _groups() -> int:
    """Ask for every LDAP group that the policy names, and return the exit status."""
    status = 0
    for group in ldap_groups.groups():
        try:
            print(f"ldap:{group.name}: {counted(group.count(), 'address', 'addresses')}")
        except DirectoryError as error:
            print(f"ldap:{group.name}: {error}; mail that depends on it would wait", file=sys.stderr)
            status = 1
    return status


def run_reference(arguments: argparse.Namespace) -> int:
    """Print the reference."""
    print(reference(), end="")
    return 0
