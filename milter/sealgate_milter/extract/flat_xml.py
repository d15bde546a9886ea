"""XML in one file (flat OpenDocument, Word and Excel 2003 XML, any other): its text without tags."""

from collections.abc import Iterator

from sealgate_milter.extract import attributes, markup
from sealgate_milter.extract.found import Budget, Found


def extract(body: bytes, _budget: Budget) -> Iterator[Found]:
    """Yield the texts of an XML file."""
    yield from markup.texts(body)
    if numbers := attributes.labelled(body):
        yield numbers
