"""Answering a message: the form, its limits, and the hand-over to the sender's gateway."""

import secrets
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from sealgate_delivery.reply import Attachment, NoReplyWay, send_reply
from sealgate_delivery.store import AccountAddress, database
from sealgate_portal import throttle
from sealgate_portal.dates import day
from sealgate_portal.filenames import OCTETS, safe_name
from sealgate_portal.reading import Opened, gated

MOST_TEXT = 200_000
MOST_FILES = 20
MOST_OCTETS = 20_000_000
REPLIES_AN_HOUR = 20


@view_config(route_name="reply", request_method="GET", renderer="reply.jinja2")
@gated
def form(opened: Opened) -> object:
    """Show the empty form."""
    return _form(opened)


@view_config(route_name="reply", request_method="POST", renderer="reply.jinja2")
@gated
def send(opened: Opened) -> object:
    """Send the answer, or show the form again with what was typed and what to change."""
    post = opened.request.POST
    text = str(post.get("text", "")).replace("\r\n", "\n")
    files = [item for item in post.getall("file") if hasattr(item, "filename") and item.filename]
    if "edit" in post:
        return _form(opened, text)
    problem, attachments = "", []
    try:
        attachments = _attachments(files)
    except ValueError as error:
        problem = str(error)
    if not problem and len(text) > MOST_TEXT:
        problem = f"The text is longer than {MOST_TEXT:,} characters. Put part of it into a file."
    if not problem and not text.strip() and not attachments:
        problem = "There is nothing to send yet. Write a text or choose a file."
    if not problem:
        problem = _send(opened, text, attachments, str(post.get("once", "")))
    if problem:
        opened.request.response.status_int = 422
        return _form(opened, text, problem, chosen=bool(files))
    return HTTPSeeOther(location=opened.path("message") + "?sent=1#sent")


def _send(opened: Opened, text: str, attachments: list[Attachment], once: str) -> str:
    """Queue the answer, once for each form; return what is wrong, if anything."""
    copy, request = opened.copy, opened.request
    if len(once) != 32 or not once.isalnum():
        return "This form came back incomplete. Please press Send once more."
    try:
        throttle.spend("reply", copy.id, REPLIES_AN_HOUR, 3600)
    except throttle.TooMany as error:
        minutes = max(1, round(error.wait / 60))
        return f"You have answered this message very often. Please wait {minutes} minutes and press Send again."
    try:
        with database.atomic():
            if throttle.tries("reply-form", once) == 0:
                throttle.spend("reply-form", once, 1, 86400)
                send_reply(copy, _name(request, copy.address), _subject(opened), text, attachments, request.cloud)
    except NoReplyWay:
        return "This message has no sender who could be answered. Please write to the sender in another way."
    return ""


def _subject(opened: Opened) -> str:
    subject = opened.summary.subject.strip()
    return subject if subject.lower().startswith("re:") else f"Re: {subject}".strip()


def _name(request: Request, address: str) -> str:
    """Return the reader's name, if the account that is signed in has this address."""
    account = request.reader.account
    if account is None:
        return ""
    own = AccountAddress.select().where(AccountAddress.address == address, AccountAddress.account == account)
    return str(account.name) if own.exists() else ""


def _attachments(files: list[Any]) -> list[Attachment]:
    """Return the uploaded files; raise `ValueError` with what to do when they are too many or too large."""
    if len(files) > MOST_FILES:
        raise ValueError(f"These are {len(files)} files; one reply carries up to {MOST_FILES}. Send some later.")
    found: list[Attachment] = []
    left = MOST_OCTETS
    for number, item in enumerate(files, 1):
        octets = item.file.read(left + 1)
        left -= len(octets)
        if left < 0:
            raise ValueError(
                f"The files are larger than {MOST_OCTETS // 1_000_000} MB together. Choose fewer or smaller ones.")
        media_type = str(item.type or OCTETS).lower()
        found.append((safe_name(str(item.filename), media_type, number), media_type, octets))
    return found


def _form(opened: Opened, text: str = "", problem: str = "", chosen: bool = False) -> dict[str, object]:
    copy = opened.copy
    return {
        "opened": opened, "copy": copy, "subject": _subject(opened), "sender": opened.sender, "text": text,
        "problem": problem, "chosen": chosen, "once": secrets.token_hex(16), "tenant": copy.message.tenant,
        "sender_address": copy.message.sender, "megabytes": MOST_OCTETS // 1_000_000, "expires": day(copy.expires),
        "address": copy.address,
    }
