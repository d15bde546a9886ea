"""The document of the sandboxed frame in which the HTML of a mail is shown, and how tall the frame should be."""

import base64
import html as html_text
import re

from sealgate_portal.content import Content, picture_type
from sealgate_portal.sanitise import linkify, sanitise

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
"""No scripts, forms, own origin or top navigation. A link opens as it would from any page, in a window of its own."""
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)
MOST_PICTURES = 24_000_000
"""Octets of pictures put into one page; further ones are among the attachments of the file."""
_STYLE = (
    ":root{color-scheme:light}html{background:#fff;color:#16242b}body{margin:0;padding:16px;overflow-wrap:break-word;"
    "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}img{max-width:100%;height:auto}"
    "table{max-width:100%}a{color:#0b5c70}pre,.text{white-space:pre-wrap;font-family:inherit}pre{font-family:monospace}"
    "blockquote{margin:0 0 0 4px;padding-left:12px;border-left:3px solid #cfd8dc}img:not([src]){display:none}"
)


class Pictures:
    """Puts pictures of the message into the document itself.

    The frame has no origin of its own, so a request from it carries no session: what it is to show must be in it.
    """

    def __init__(self, content: Content) -> None:
        self.content = content
        self.left = MOST_PICTURES
        self.known: dict[str, str | None] = {}

    def __call__(self, content_id: str) -> str | None:
        """Return the picture of that content id as a `data:` address, `None` when there is none or no room."""
        if content_id not in self.known:
            self.known[content_id] = self._address(content_id)
        address = self.known[content_id]
        if address is None or len(address) > self.left:
            return None
        self.left -= len(address)
        return address

    def _address(self, content_id: str) -> str | None:
        part = self.content.picture(content_id)
        if part is None:
            return None
        octets = part.octets()
        return f"data:{picture_type(octets)};base64,{base64.b64encode(octets).decode()}"


def document(content: Content) -> tuple[str, int]:
    """Return the frame's document and how many pictures from elsewhere it leaves out; raise `sanitise.TooMuch`."""
    blocked, parts, pictures = 0, [], Pictures(content)
    for piece in content.pieces:
        if piece.html is not None:
            clean = sanitise(piece.html, pictures)
            blocked += clean.blocked
            parts.append(f"<div>{clean.html}</div>")
        elif piece.text:
            parts.append(f'<div class="text">{linkify(piece.text)}</div>')
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Message</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    ), blocked


_TAG = re.compile(r"<[^>]*>")
_BLOCK = re.compile(r"<(?:p|div|br|tr|li|h[1-6]|table|hr|blockquote)\b", re.IGNORECASE)
_IMAGE = re.compile(r"<img [^>]*src=", re.IGNORECASE)


def heights(page: str) -> tuple[int, int]:
    """Guess how tall the frame should be, on a phone and on a desk, in steps of 8 rem from 1 to 24.

    The page around it cannot measure: the frame runs no script and is of no origin. Too small a guess scrolls.
    """
    body = page.partition("<body>")[2]
    text = len(html_text.unescape(_TAG.sub("", body)))
    blocks, images = len(_BLOCK.findall(body)), len(_IMAGE.findall(body))
    return _steps(text / 38 + blocks * .8 + images * 8), _steps(text / 95 + blocks * .8 + images * 9)


def _steps(lines: float) -> int:
    return max(1, min(24, round((lines * 1.5 + 4) / 8 + .5)))
