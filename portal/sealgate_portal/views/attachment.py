"""Downloads: attachments, the whole message as a file, and small pictures for the page.

A button posts, which notes the download, and is sent on to the file itself: a GET changes nothing. No file is ever
shown by the browser as a page of ours.
"""

from collections.abc import Iterator

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid.view import view_config

from sealgate_delivery import copies
from sealgate_portal.content import picture_type
from sealgate_portal.filenames import disposition, download_type, safe_name
from sealgate_portal.reading import Opened, gated

POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
PIECE = 1 << 16


@view_config(route_name="part", request_method="GET")
@gated
def part(opened: Opened) -> object:
    """Return one attachment as a download."""
    found = opened.content.attachment(int(opened.request.matchdict["part"]))
    if found is None:
        raise HTTPNotFound
    attachment, octets = found
    return _file(attachment.name, download_type(attachment.type), octets)


@view_config(route_name="eml", request_method="GET")
@gated
def eml(opened: Opened) -> object:
    """Return the whole message as it came, for any mail program."""
    raw = b"".join(copies.open_body(opened.copy, opened.key, opened.request.store_keys.blobs))
    return _file(safe_name(opened.subject[:80], number=1) + ".eml", "message/rfc822", raw)


@view_config(route_name="part", request_method="POST")
@view_config(route_name="eml", request_method="POST")
@gated
def download(opened: Opened) -> object:
    """Note that something was saved, and go on to the file."""
    copies.mark_downloaded([opened.copy.id])
    return HTTPSeeOther(location=opened.request.path)


@view_config(route_name="cid", request_method="GET")
@gated
def picture(opened: Opened) -> object:
    """Return an attached picture for the page: only what is a picture by its first octets."""
    found = opened.content.parts.get(int(opened.request.matchdict["part"]))
    octets = found.octets() if found else b""
    media_type = picture_type(octets)
    if media_type is None:
        raise HTTPNotFound
    return Response(body=octets, headers={
        "Content-Type": media_type, "Content-Security-Policy": POLICY, "Content-Disposition": "inline"})


def _file(name: str, media_type: str, octets: bytes) -> Response:
    response = Response(app_iter=_pieces(octets), headers={
        "Content-Type": media_type, "Content-Disposition": disposition(name), "Content-Security-Policy": POLICY,
    })
    response.content_length = len(octets)
    return response


def _pieces(octets: bytes) -> Iterator[bytes]:
    """Yield in pieces: the server holds no second copy of a large file."""
    view = memoryview(octets)
    for start in range(0, len(octets), PIECE):
        yield bytes(view[start:start + PIECE])
