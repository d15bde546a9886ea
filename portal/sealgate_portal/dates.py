"""Days and times as people read them; the cloud's clock is UTC, and the pages say so where the hour matters."""

from datetime import UTC, datetime

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")


def day(seconds: int) -> str:
    """Return a day such as `12 March 2027`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def moment(seconds: int) -> str:
    """Return a day and time such as `12 March 2027, 14:05 UTC`."""
    return f"{day(seconds)}, {datetime.fromtimestamp(seconds, UTC):%H:%M} UTC"


def machine(seconds: int) -> str:
    """Return the time for a `datetime` attribute."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%MZ}"


def size(octets: int) -> str:
    """Return a size such as `3 KB` or `1.4 MB`."""
    if octets < 1000:
        return f"{octets} bytes"
    if octets < 1_000_000:
        return f"{octets / 1000:.0f} KB"
    return f"{octets / 1_000_000:.1f} MB"
