"""`sealgate-cloud message`: what is known of messages without opening them; recall and early expiry."""

import argparse
from pathlib import Path

from sealgate_delivery import copies, states
from sealgate_delivery.commands.base import Failure, Nouns, Row, Session, noun, time_text, verb
from sealgate_delivery.store import Copy, Message, database


def register(nouns: Nouns) -> None:
    """Add the noun."""
    verbs = noun(nouns, "message", "messages and their copies")
    listed = verb(verbs, "list", _list, "list the newest messages")
    listed.add_argument("--tenant", help="only of this tenant")
    listed.add_argument("--limit", type=int, default=50, help="default: 50")
    verb(verbs, "show", _show, "show one message with its copies").add_argument("id", help="id or stamp")
    verb(verbs, "recall", _recall, "take back every copy, at once and for good").add_argument("id", help="id or stamp")
    verb(verbs, "expire", _expire, "expire every copy now").add_argument("id", help="id or stamp")


def _row(message: Message) -> Row:
    return {
        "id": message.id, "tenant": message.tenant_id, "stamp": message.stamp, "sender": message.sender,
        "received": time_text(message.received), "copies": message.copies.count(),
        "relayed": message.relayed.count(),
    }


def _copy(copy: Copy) -> Row:
    return {
        "id": copy.id, "address": copy.address, "state": copy.state, "level": copy.level,
        "expires": time_text(copy.expires), "noticed": time_text(copy.noticed_at),
        "opened": time_text(copy.opened_at), "ended": time_text(copy.ended_at), "downloaded": copy.downloaded,
        "replied": copy.replied, "wraps": sorted(wrap.kind for wrap in copy.wraps),
    }


def _find(name: str) -> Message:
    found = list(Message.select().where((Message.id == name) | (Message.stamp == name)))
    if len(found) != 1:
        raise Failure(f"{len(found) or 'no'} messages are called {name!r}; sealgate-cloud message list shows ids")
    message: Message = found[0]
    return message


def _list(session: Session, given: argparse.Namespace) -> None:
    query = Message.select().order_by(Message.received.desc()).limit(given.limit)
    if given.tenant:
        query = query.where(Message.tenant == given.tenant)
    session.table([_row(message) for message in query], "no messages")


def _show(session: Session, given: argparse.Namespace) -> None:
    message = _find(given.id)
    rows = [_copy(copy) for copy in message.copies.order_by(Copy.address)]
    session.record({**_row(message), "message_id": message.message_id,
                    "copies": rows if session.json else len(rows)})
    if not session.json:
        print()
        session.table(rows, "no copies in the portal")


def _recall(session: Session, given: argparse.Namespace) -> None:
    message = _find(given.id)
    read = message.copies.where(Copy.opened_at.is_null(False)).count()
    recalled = copies.recall(message, Path(session.settings["blobs"]))
    session.say(f"{len(recalled)} copies are recalled; {read} had been read", recalled=recalled, read=read)


def _expire(session: Session, given: argparse.Namespace) -> None:
    message, expired = _find(given.id), []
    with database.atomic():
        for copy in message.copies.where(Copy.state.in_(states.LIVE)):
            states.expire(copy)
            expired.append(copy.id)
    session.say(f"{len(expired)} copies are expired", expired=expired)
