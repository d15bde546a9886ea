"""The WSGI application: parameters in, application out. What is included here, in this order, is all there is."""

import io
import ipaddress
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.router import Router
from webob.compat import cgi_FieldStorage

from sealgate_core import seal
from sealgate_core.parameters import secret_file
from sealgate_delivery import notice, store
from sealgate_delivery.copies import StoreKeys
from sealgate_portal import carry, security, sessions


def _in_memory(_: object) -> io.BytesIO:
    """Give an uploaded part memory to rest in: it is text of a patient, and no disk may see it in the clear."""
    return io.BytesIO()


# WebOb spills form uploads into temporary files by way of this method.
cgi_FieldStorage.make_file = _in_memory


class PortalRequest(Request):  # type: ignore[misc]
    """A request, and what views ask it for."""

    request_body_tempfile_limit = 1 << 62
    """Never: the size of a body is limited before it gets here."""

    def make_tempfile(self) -> io.BytesIO:
        """Return memory where WebOb would open a file."""
        return io.BytesIO()

    @cached_property
    def cloud(self) -> Mapping[str, Any]:
        """The parameters of `cloud.toml`."""
        parameters: Mapping[str, Any] = self.registry.settings["cloud"]
        return parameters

    @cached_property
    def store_keys(self) -> StoreKeys:
        """What opens and seals what is at rest."""
        keys: StoreKeys = self.registry.settings["store_keys"]
        return keys

    @cached_property
    def host_label(self) -> str:
        """The portal's name as people should see it in their address bar."""
        return urlsplit(str(self.cloud["portal_url"])).netloc

    @cached_property
    def reader(self) -> sessions.ReaderSession:
        """The session of this browser."""
        return sessions.load(self)

    @cached_property
    def form_token(self) -> str:
        """The token of every form, bound to a cookie that this browser keeps."""
        return security.form_token(self)

    @cached_property
    def carried(self) -> dict[str, str]:
        """Text that waits behind a sign-in, as hidden fields."""
        return carry.fields(self)

    @cached_property
    def client(self) -> str:
        """The visitor's network address; a whole /64 counts as one, as one subscriber has all of it."""
        address = self.environ.get("REMOTE_ADDR", "")
        if self.cloud["trusted_proxy"] and address == self.cloud["trusted_proxy"]:
            address = self.headers.get("X-Forwarded-For", address).rpartition(",")[2].strip()
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return "unknown"
        if found.version == 4:
            return str(found)
        return str(ipaddress.ip_network(f"{found}/64", strict=False))

    def typed(self, name: str) -> str:
        """Return what was typed into a field; nothing when it is missing, or a file where text belongs."""
        try:
            value = self.POST.get(name, "")
        except (ValueError, DeprecationWarning) as error:
            raise security.BadForm from error
        return value if isinstance(value, str) else ""

    def derived_key(self, purpose: str) -> bytes:
        """Return a key of this cloud for `purpose`."""
        return seal.derive(self.store_keys.master, f"portal/{purpose}")


class Settled:
    """The application behind one fact that a visitor cannot change: it is reached under `portal_url`."""

    def __init__(self, application: Router, portal_url: str) -> None:
        self.application = application
        self.registry = application.registry
        self.scheme = urlsplit(portal_url).scheme

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """Answer one request. A path that is no UTF-8 is no path of ours, and Pyramid would fail on it everywhere."""
        environ["wsgi.url_scheme"] = self.scheme
        try:
            environ["PATH_INFO"].encode("latin-1").decode()
        except UnicodeDecodeError:
            environ["PATH_INFO"] = "/no-such-page"
        answer: Iterable[bytes] = self.application(environ, start_response)
        return answer


def build(cloud: Mapping[str, Any]) -> Settled:
    """Return the application for the parameters `cloud`; the store must be connected."""
    master = secret_file(cloud["master_key"], 32)
    settings = {
        "cloud": cloud,
        "store_keys": StoreKeys(cloud["blobs"], cloud["transit_keys"], master, notice.composer(cloud)),
        # One thread for mail whose being sent must not show in how long an answer takes.
        "background": ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail"),
        "jinja2.trim_blocks": True,
        "jinja2.lstrip_blocks": True,
    }
    config = Configurator(settings=settings, request_factory=PortalRequest)
    config.include("pyramid_jinja2")
    config.add_jinja2_search_path("sealgate_portal:templates")
    config.include("sealgate_portal.routes")
    config.include("sealgate_portal.security")
    config.scan("sealgate_portal.views")
    return Settled(config.make_wsgi_app(), cloud["portal_url"])


def connect(cloud: Mapping[str, Any]) -> None:
    """Open the store that `cloud` names."""
    store.connect(cloud["database"])
