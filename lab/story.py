"""What the demo sends, and what must have become of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from urllib.parse import urlsplit

from lab.mail import arrives, found, message, until, without_trace
from lab.recipient import Browser, code_in, link_in
from lab.stack import Stack

OUTSIDER = "bob@outside.test"
MEMBER = "tim@member.test"
COLLEAGUE = "ann@acme.test"
SENDER = "jane@acme.test"
PASSWORD = "violet harbour 27 lanterns"  # noqa: S105 - of a recipient who lives as long as the demo
SECRET = "219-09-9999"  # noqa: S105 - a well-formed number that belongs to nobody
ORDINARY = "Dear Bob,\n\nlunch on Tuesday?\n.\n..a line that begins with dots\nGrüße, Jane  \n"
CONFIDENTIAL = (
    f"Dear all,\n\nthe patient's social security number is SSN {SECRET}.\n"
    "Please call me before the appointment.\n\nJane\n"
)
ANSWER = "Thank you, the number is right. My notes are attached."
NOTES = bytes(range(256)) * 8


class CheckFailed(Exception):
    """Something did not end as it must; the text says what."""


@dataclass
class Story:
    """Plays the two messages, and the recipient's part, on a running stack; `say` prints an outcome."""

    stack: Stack
    say: Callable[[str], None]
    checks: list[str] = field(default_factory=list)
    link: str = ""

    def check(self, good: bool, text: str) -> None:
        """Note an outcome; raise `CheckFailed` when it is not good."""
        if not good:
            raise CheckFailed(text)
        self.checks.append(text)
        self.say(text)

    def ordinary(self) -> None:
        """An ordinary message: nobody should notice that we are there."""
        mail = message("Lunch", ORDINARY, to=[OUTSIDER])
        sent = mail.as_bytes()
        self.stack.send(sent, [OUTSIDER])
        got = arrives(self.stack.outside.mail, mail["Message-ID"])
        self.check(without_trace(got).rstrip() == sent.rstrip(), "outside got the ordinary message, byte for byte")

    def confidential(self) -> None:
        """A confidential one to a colleague, a member and somebody outside: each gets it in the way that is right."""
        stack, everyone = self.stack, [COLLEAGUE, MEMBER, OUTSIDER]
        mail = message("About tomorrow's appointment", CONFIDENTIAL, to=everyone)
        stack.send(mail, everyone)
        arrives(stack.gateway.mail, mail["Message-ID"], SECRET)
        self.check(True, "the colleague got it inside the company, as ever")
        at_member = arrives(stack.member.mail, mail["Message-ID"], SECRET)
        by_tls = b"by mx.member.test (Postfix) with ESMTPS" in at_member
        verified = until(lambda: "Verified TLS connection" in stack.cloud.direct.log.read_text())
        self.check(by_tls and bool(verified), "the member's mail server got it over verified TLS")
        notice = arrives(stack.outside.mail, b"To: <" + OUTSIDER.encode(), b"\nKey: ")
        self.link = link_in(notice)
        leaked = found(stack.outside.mail, mail["Message-ID"]) + found(stack.outside.mail, "appointment")
        self.check(not leaked, "outside got a notification, and not a word of the message")

    def read(self) -> Browser:
        """The recipient opens the link, registers by form, and reads."""
        browser = Browser(self.link, self.stack.authority.certificate).get(self.link)
        browser.submit("/open", key=self.link.partition("#")[2])
        code = code_in(arrives(self.stack.outside.mail, "is your code", OUTSIDER))
        browser.submit("/code", code=code, name="Bob Outside", password=PASSWORD)
        self.check(browser.status == 200 and SECRET in browser.text, "the recipient registered, and reads the message")
        return browser

    def reply(self, browser: Browser) -> None:
        """The recipient replies with an attachment, which reaches the sender over TLS."""
        browser.get(urlsplit(browser.url).path + "/reply")
        browser.submit("/reply", files={"file": ("notes.bin", NOTES)}, text=ANSWER)
        self.check(browser.status == 200, "the reply was taken")
        raw = arrives(self.stack.gateway.mail, "Thank you, the number is right", "notes.bin")
        attached = [part for part in message_from_bytes(raw).walk() if part.get_filename() == "notes.bin"]
        got = [part.get_payload(decode=True) for part in attached]
        self.check(got == [NOTES] and b"with ESMTPS id" in raw,
                   "the reply and its attachment reached the sender's gateway over TLS")
        self.check(not found(self.stack.outside.mail, "the number is right"), "nothing of the reply went in the clear")

