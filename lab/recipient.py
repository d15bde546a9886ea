"""The recipient's part, played by a plain HTTPS client: no JavaScript, only the forms that the pages show."""

import http.client
import re
import ssl
import uuid
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

LINK = re.compile(rb"https://\S+/n/\S+#\S+")
CODE = re.compile(rb"^Subject: (\d{4} ?\d{4})", re.MULTILINE)


def link_in(notice: bytes) -> str:
    """Return the link in a notice."""
    match = LINK.search(notice)
    if not match:
        raise ValueError("there is no link in this notice")
    return match[0].decode("ascii")


def code_in(mail: bytes) -> str:
    """Return the code from the subject of a code mail."""
    match = CODE.search(mail)
    if not match:
        raise ValueError("there is no code in this mail")
    return match[1].decode("ascii")


@dataclass
class Form:
    """A form of a page: where it goes, and its hidden fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(named.get("action", "")))
        elif tag == "input" and self.forms and named.get("type") == "hidden" and "name" in named:
            self.forms[-1].fields[named["name"]] = named.get("value", "")


class Browser:
    """Follows links and sends forms; keeps cookies; `page` is the last page, `url` where it stands."""

    def __init__(self, base: str, authority: Path) -> None:
        self.url = base
        self.page = ""
        self.status = 0
        self.raw = b""
        self.cookies: dict[str, str] = {}
        self._context = ssl.create_default_context(cafile=str(authority))

    @property
    def text(self) -> str:
        """The page without its tags."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page)).split())

    def get(self, url: str) -> "Browser":
        """Open an address, relative to this page."""
        self._go("GET", urljoin(self.url, url), b"", {})
        return self

    def submit(self, action: str, files: dict[str, tuple[str, bytes]] | None = None, **typed: str) -> "Browser":
        """Send the page's first form whose address ends in `action`, with its hidden fields and what is typed."""
        parser = _Forms()
        parser.feed(self.page)
        forms = [form for form in parser.forms if form.action.endswith(action)]
        if not forms:
            raise ValueError(f"no form to {action} on {self.url}: {self.text[:300]}")
        values = {**forms[0].fields, **typed}
        if files is None:
            body, kind = urlencode(values).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = _multipart(values, files)
        # What browsers say about a form that they send from a page to its own site.
        said = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin", "Origin": self._origin()}
        self._go("POST", urljoin(self.url, forms[0].action), body, said)
        return self

    def _origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def _go(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> None:
        for _ in range(10):
            parts = urlsplit(url)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            client = http.client.HTTPSConnection(parts.netloc, context=self._context, timeout=60)
            try:
                client.request(method, target, body or None, {**headers, **({"Cookie": cookies} if cookies else {})})
                answer = client.getresponse()
                self.raw = answer.read()
            finally:
                client.close()
            self.url, self.status = url, answer.status
            self._keep(answer.headers.get_all("Set-Cookie") or [])
            self.page = self.raw.decode("utf-8", "replace")
            if answer.status not in (302, 303):
                return
            method, url, body, headers = "GET", urljoin(url, answer.headers["Location"]), b"", {}
        raise ValueError("too many redirections")

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            name, _, value = line.partition(";")[0].partition("=")
            if not value or "max-age=0" in line.lower():
                self.cookies.pop(name.strip(), None)
            else:
                self.cookies[name.strip()] = value.strip()


def _multipart(values: dict[str, str], files: dict[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in values.items()
    ]
    for name, (file, content) in files.items():
        head = (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n")
        parts.append(head.encode() + content + b"\r\n")
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"
