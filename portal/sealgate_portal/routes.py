"""Every address of the portal, in one place. Which view answers what is said in `views/`.

A GET or HEAD never changes anything: mail checkers follow links, run scripts and press buttons.
"""

from pyramid.config import Configurator

COPY = r"{copy:[0-9a-f-]{32,36}}"
REFERENCE = r"{reference:[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}}"

ROUTES = (
    ("front", "/"),
    ("genuine", "/genuine"),
    ("healthz", "/healthz"),
    # From the notice to the text.
    ("notice", f"/n/{REFERENCE}"),
    ("open", "/open"),
    ("code", "/code"),
    # People who come back.
    ("sign_in", "/sign-in"),
    ("sign_out", "/sign-out"),
    ("forgotten", "/forgotten"),
    ("new_password", "/new-password"),
    ("device", "/device"),
    ("inbox", "/inbox"),
    # One copy of a message.
    ("message", f"/m/{COPY}"),
    ("read", f"/m/{COPY}/read"),
    ("html", f"/m/{COPY}/html"),
    ("cid", f"/m/{COPY}/cid/{{part:\\d{{1,4}}}}"),
    ("part", f"/m/{COPY}/part/{{part:\\d{{1,4}}}}"),
    ("eml", f"/m/{COPY}/eml"),
    ("reply", f"/m/{COPY}/reply"),
    ("new_notice", f"/m/{COPY}/new-notice"),
)


def includeme(config: Configurator) -> None:
    """Register all routes and the folder of static files."""
    for name, pattern in ROUTES:
        config.add_route(name, pattern)
    config.add_static_view("static", "sealgate_portal:static", cache_max_age=3600)
