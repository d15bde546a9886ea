"""Where a recipient address really leads: Postfix offers a sender many ways to hide that."""

import re
from collections.abc import Callable

from sealgate_core import address
from sealgate_milter.transaction import Recipient

ODD = "odd@address.invalid"
"""Stands for an address that Postfix may read otherwise than we do: outside, and never secured."""

_SPECIAL = r"\s()<>,;:\\\"\x00-\x1f\x7f"
_PLAIN = re.compile(
    rf"""(?:"(?:[^"\\]|\\.)*"|[^{_SPECIAL}]*)(?:@(?:\[[^\]\s]*\]|[^{_SPECIAL}@\[\]]+))?\Z""",
    re.DOTALL,
)


def judged_address(recipient: Recipient, is_internal: Callable[[str], bool]) -> str:
    """Return the address on which the verdict must rest: without our suffix, and without source routing.

    `user%outside@ours`, `outside!user@ours`, `"user@outside"@ours` and `@ours:user@outside` are ways in which Postfix
    lets a sender reach outside through an address that looks internal; so are comments, as in `user@outside(@ours`.
    """
    bare = address.unsecured(recipient.address)
    if bare.startswith("@"):
        bare = bare.rpartition(":")[2]
    if not _PLAIN.match(bare):
        return ODD
    while is_internal(bare):
        local = address.split(bare)[0].strip('"')
        user, percent, domain = local.rpartition("%")
        host, bang, rest = local.partition("!")
        if "@" in local:
            bare = local
        elif bang:
            bare = f"{rest}@{host}"
        elif percent:
            bare = f"{user}@{domain}"
        else:
            break
    return bare
