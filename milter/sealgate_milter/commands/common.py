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


def said(error: Exception) -> str:
    """Return an error as a sentence; those of the system begin with the file concerned when there is one."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def add_policy(command: argparse.ArgumentParser) -> None:
    """Add `--policy` and `--config`."""
    default = f"as gateway.toml says, else {INSTALLED}, else ours"
    command.add_argument("--policy", type=Path, metavar="FILE", help=f"policy file (default: {default})")
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
    """Return the policy file in force: as named, else as gateway.toml says, else the installed one, else ours.

    Raises `ParameterError` when gateway.toml cannot be used.
    """
    named: Path | None = arguments.policy
    if named is None:
        config = config_path(arguments)
        said: Path = settings.PARAMETERS.load(config)["policy"] if config else INSTALLED
        # A file that gateway.toml names and that is not there must not be replaced by another one in silence.
        named = said if said != INSTALLED or INSTALLED.exists() else SHIPPED
    return named


def config_path(arguments: argparse.Namespace) -> Path | None:
    """Return the gateway.toml in force: as named, else the installed one, `None` when there is none."""
    named: Path | None = arguments.config
    return named or (settings.CONFIG if settings.CONFIG.exists() else None)


def load(arguments: argparse.Namespace) -> Policy:
    """Return the policy that `arguments` name, with our domains and what is registered; raise as the parts do."""
    return parsed(arguments).knowing(registered(arguments))


def parsed(arguments: argparse.Namespace) -> Policy:
    """Return the policy that `arguments` name, with the domains that gateway.toml or Postfix call ours."""
    path = policy_path(arguments)
    policy = load_policy(path)
    if not policy.internal:
        policy = load_policy(path, _internal(config_path(arguments)))
    return policy


def registered(arguments: argparse.Namespace) -> Registered:
    """Return what is registered where gateway.toml says, else where it is by default; raise `ParameterError`."""
    config = config_path(arguments)
    return Registered.at(settings.PARAMETERS.load(config) if config else settings.PARAMETERS.check({}, ""))


def _internal(config: Path | None) -> list[str]:
    if config is not None:
        found: list[str] = settings.load(config)["internal"]
        return found
    try:
        return list(settings.postfix_domains())
    except ParameterError:
        # No Postfix here: a policy may be tried anywhere, and then every recipient is outside.
        return []
