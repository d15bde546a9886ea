"""What several commands share: which policy, and which domains are ours."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sealgate_core.parameters import ParameterError
from sealgate_milter import settings
from sealgate_milter.policy import Policy, load_policy
from sealgate_milter.registered.registry import Registered

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]

INSTALLED = Path("/etc/sealgate/policy.toml")
SHIPPED = Path(__file__).resolve().parents[1] / "policy.toml"


class CommandError(Exception):
    """What was asked for cannot be done; `str()` is a sentence for the administrator."""


def add_policy(command: argparse.ArgumentParser) -> None:
    """Add `--policy` and `--config`."""
    command.add_argument("--policy", type=Path, metavar="FILE", help=f"policy file (default: {INSTALLED}, else ours)")
    add_config(command)


def add_config(command: argparse.ArgumentParser) -> None:
    """Add `--config`."""
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"gateway.toml, for our domains and paths (default: {settings.CONFIG} when it is there)",
    )


def policy_path(arguments: argparse.Namespace) -> Path:
    """Return the policy file in force: as named, else the installed one, else the one that comes with Sealgate."""
    named: Path | None = arguments.policy
    return named or (INSTALLED if INSTALLED.exists() else SHIPPED)


def load(arguments: argparse.Namespace) -> Policy:
    """Return the policy that `arguments` name, with the domains that gateway.toml or Postfix call ours."""
    path = policy_path(arguments)
    policy = load_policy(path)
    if not policy.internal:
        policy = load_policy(path, _internal(arguments.config))
    return policy.knowing(registered(arguments))


def registered(arguments: argparse.Namespace) -> Registered:
    """Return what is registered where gateway.toml says, else where it is by default; raise `ParameterError`."""
    config: Path | None = arguments.config
    if config is None and not settings.CONFIG.exists():
        return Registered.at(settings.PARAMETERS.check({}, ""))
    return Registered.at(settings.PARAMETERS.load(config or settings.CONFIG))


def _internal(config: Path | None) -> list[str]:
    if config is not None or settings.CONFIG.exists():
        found: list[str] = settings.load(config or settings.CONFIG)["internal"]
        return found
    try:
        return list(settings.postfix_domains())
    except ParameterError:
        # No Postfix here: a policy may be tried anywhere, and then every recipient is outside.
        return []
