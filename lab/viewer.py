"""A window into the lab's mailboxes: a read-only web page on loopback."""

import re
import threading
from collections.abc import Mapping
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

from lab.mail import messages

_LINK = re.compile(r"https://[^\s&<>]+")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1c2733;"
    "background:#f6f7f9}a{color:#0b5cad}h1{font-size:1.4rem}.card{background:#fff;border:1px solid #d8dee6;"
    "border-radius:8px;padding:1rem;margin:1rem 0}pre{white-space:pre-wrap;overflow-wrap:anywhere}.soft{color:#5a6875}"
)


class Viewer:
    """Serves `mailboxes` (a title and its Maildir) at `address`; nothing in them is changed."""

    def __init__(self, address: str, mailboxes: Mapping[str, Path], port: int = 0) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = page(unquote(self.path), mailboxes)
                data = body.encode("utf-8", "replace")
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
                """Say nothing."""

        self.server = ThreadingHTTPServer((address, port), Handler)
        self.url = f"http://{address}:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()


def page(path: str, mailboxes: Mapping[str, Path]) -> tuple[int, str]:
    """Return status and page for a path: `/` all mailboxes, `/TITLE` one, `/TITLE/N` one message."""
    parts = [part for part in path.partition("?")[0].split("/") if part]
    if not parts:
        return 200, _frame("Mailboxes", "".join(_box(title, place) for title, place in mailboxes.items()))
    place = mailboxes.get(parts[0])
    if place is None or len(parts) > 2 or (len(parts) == 2 and not parts[1].isdigit()):
        return 404, _frame("Nothing here", '<p><a href="/">All mailboxes</a></p>')
    if len(parts) == 1:
        return 200, _frame(parts[0], _box(parts[0], place))
    mails = messages(place)
    if int(parts[1]) >= len(mails):
        return 404, _frame("No such message", '<p><a href="/">All mailboxes</a></p>')
    return 200, _shown(message_from_bytes(mails[int(parts[1])]))


def _frame(title: str, body: str) -> str:
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>")


def _text(mail: Message, name: str) -> str:
    try:
        return str(make_header(decode_header(mail.get(name, ""))))
    except (ValueError, LookupError):
        return str(mail.get(name, ""))


def _box(title: str, place: Path) -> str:
    rows = []
    for number, raw in reversed(list(enumerate(messages(place)))):
        mail = message_from_bytes(raw)
        subject, about = _text(mail, "Subject") or "(no subject)", f"{_text(mail, 'From')}, for {mail['Delivered-To']}"
        rows.append(f'<div class="card"><a href="/{quote(title)}/{number}">{escape(subject)}</a><br>'
                    f'<span class="soft">{escape(about)}</span></div>')
    return f"<h2>{escape(title)}</h2>{''.join(rows) or '<p class=soft>Empty. Reload to look again.</p>'}"


def _shown(mail: Message) -> str:
    fields = "".join(f"<b>{name}:</b> {escape(_text(mail, name))}<br>" for name in ("From", "To", "Subject", "Date"))
    texts = []
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            linked = _LINK.sub(lambda match: f'<a href="{match[0]}">{match[0]}</a>', escape(text, quote=False))
            texts.append(f"<pre>{linked}</pre>")
        elif not part.is_multipart():
            texts.append(f'<p class="soft">Attachment {escape(part.get_filename() or part.get_content_type())}</p>')
    body = '<p><a href="/">All mailboxes</a></p>' + "".join(
        f'<div class="card">{inside}</div>' for inside in (fields, "".join(texts)))
    return _frame(_text(mail, "Subject") or "(no subject)", body + f"<details><summary>Source</summary><pre>"
                  f"{escape(mail.as_bytes().decode('utf-8', 'replace'))}</pre></details>")
