"""The real daemon on real libmilter, spoken to as Postfix does."""

import grp
import itertools
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import POLICY, Daemon
from milter_client import ALL_ACTIONS, MilterClient

from sealgate_core import tag

HEADER = [("From", "a@corp.test"), ("To", "u@ext.test"), ("Subject", "[secure] hello"), ("Message-ID", "<1@corp.test>")]
PLAIN = [("From", "a@corp.test"), ("Subject", "hello"), ("Message-ID", "<2@corp.test>")]
BODY = b"Good morning\r\n" * 10
KEY = bytes(range(32))


def send(daemon, sender="<a@corp.test>", recipients=("<u@ext.test>",), header=HEADER, body=BODY):
    with daemon.client() as client:
        return client.message(sender, recipients, header, body)


def test_an_ordinary_message_is_untouched(shared):
    answer = send(shared, header=PLAIN)
    assert (answer.reply, answer.changes) == ("continue", [])


def test_a_confidential_message_is_tagged_and_rerouted(shared):
    answer = send(shared, recipients=[("<u+x@ext.test>", "NOTIFY=FAILURE"), "<i@corp.test>"])
    assert answer.reply == "continue"
    assert answer.of("delrcpt") == [("<u+x@ext.test>",)]
    assert answer.of("addrcpt") == [
        ("<u+x@ext.test.sealgate.invalid>", "ORCPT=rfc822;u+2Bx@ext.test NOTIFY=FAILURE")
    ]
    assert answer.of("chgheader") == [(1, "Subject", "hello")]
    ((name, value),) = answer.of("addheader")
    header = [(n.encode(), b"hello" if n == "Subject" else v.encode()) for n, v in HEADER]
    assert name == "X-Sealgate"
    assert tag.verify(value, KEY, "a@corp.test", tag.content_digest(header, BODY))
    assert "queue_id=4TESTqueue stamp=" in shared.log.read_text()


def test_requeued_mail_keeps_its_tag(shared):
    (value,) = [value for _, value in send(shared).of("addheader")]
    header = [*HEADER[:2], ("Subject", "hello"), HEADER[3], ("X-Sealgate", value)]
    answer = send(shared, "a@corp.test", ["u@ext.test.sealgate.invalid"], header)
    assert (answer.reply, answer.changes) == ("continue", [])


def test_replies_to_secure_mail_are_secure(tmp_path, shared):
    policy = POLICY.replace('words = ["topsecretmarker"]', "reply_to_secure = true")
    one = shared.policy.read_text()
    shared.policy.write_text(policy)
    shared.reload()
    try:
        send(shared)
        reply = [("Subject", "Re: hello"), ("In-Reply-To", "<1@corp.test>")]
        assert send(shared, header=reply).of("addrcpt")
        other = [("Subject", "Re: hello"), ("In-Reply-To", "<none@corp.test>")]
        assert not send(shared, header=other).changes
    finally:
        shared.policy.write_text(one)
        shared.reload()


def test_many_messages_on_one_connection_do_not_mix(shared):
    with shared.client() as client:
        for turn in range(4):
            secure = turn % 2 == 0
            answer = client.message("<a@corp.test>", [f"<u{turn}@ext.test>"], HEADER if secure else PLAIN, BODY)
            assert answer.of("delrcpt") == ([(f"<u{turn}@ext.test>",)] if secure else [])


def test_an_aborted_message_leaves_nothing_behind(shared):
    with shared.client() as client:
        client._step(b"M", b"<a@corp.test>\0")
        client._step(b"R", b"<gone@ext.test>\0")
        client._step(b"L", b"Subject\0[secure] gone\0")
        client._send(b"A")
        assert client.message("<a@corp.test>", ["<u@ext.test>"], PLAIN, BODY).changes == []


@pytest.mark.parametrize(
    "header",
    [
        [("Subject", b"[secure] Gr\xfc\xdfe"), ("From", b"J\xf6rg <a@corp.test>")],
        [("Subject", b"[secure] =?utf-8?B?w7w=?= \xff\xfe")],
        [("Subject", b"[secure] two\n\tlines"), ("X-Long", b"y" * 60000)],
        [("subject", b"[secure]"), ("X-Sealgate", b"v=1; \xff"), ("X-SEALGATE-peer", b"\xff")],
    ],
)
def test_hostile_headers_get_a_verdict(shared, header):
    answer = send(shared, header=header)
    assert answer.reply == "continue"
    assert answer.of("delrcpt") == [("<u@ext.test>",)]
    assert len(answer.of("addheader")) == 1
    assert all("\r" not in value for _, _, value in answer.of("chgheader"))


def test_names_and_macros_that_are_no_utf8_do_no_harm(shared):
    with shared.client() as client:
        client._send(b"D", b"Ei\0\xff\xfe\0{auth_authen}\0\xff\0")
        client._step(b"C", b"\xff\xfe.test\x004\x30\x39127.0.0.1\0")
        client._step(b"H", b"\xff\xfe\0")
        answer = client.message("<\udcff@corp.test>", ["<u@ext.test>", "<\udcfc@corp.test>"], HEADER, BODY + b"\0\xff")
    assert answer.reply == "continue"
    assert answer.of("delrcpt") == [("<u@ext.test>",)]


def test_sendmail_mail_has_no_brackets_and_no_parameters(shared):
    answer = send(shared, "a@corp.test", ["u@ext.test"])
    assert answer.of("delrcpt") == [("u@ext.test",)]
    assert answer.of("addrcpt") == [("<u@ext.test.sealgate.invalid>", "ORCPT=rfc822;u@ext.test")]


@pytest.mark.parametrize(
    ("sender", "recipient", "reply"),
    [
        ("<a@else.test>", "<u@ext.test>", "550 5.7.1"),
        ("<a@corp.test>", "<u@[192.0.2.1]>", "550 5.1.3"),
        ("<a@corp.test>", "<u%ext.test@corp.test>", "550 5.1.3"),
        ("<a@corp.test>", "<\udcfc@ext.test>", "550 5.1.3"),
        ("<>", "<u@ext.test>", "continue"),
    ],
)
def test_what_cannot_go_securely_is_refused(shared, sender, recipient, reply):
    assert send(shared, sender, [recipient]).reply.startswith(reply)


def test_a_message_over_the_limit_is_refused(shared):
    assert send(shared, header=PLAIN, body=b"x" * 300_000).reply.startswith("552 5.3.4")
    assert send(shared, header=PLAIN, body=b"x" * 100_000).reply == "continue"


def test_a_server_that_forbids_our_changes_is_not_served(shared):
    with pytest.raises((ConnectionError, AssertionError)):
        MilterClient(shared.socket, actions=ALL_ACTIONS & ~0x80).message("<a@b>", ["<c@d>"], PLAIN, BODY)


def test_the_unix_socket_is_for_postfix_alone(shared):
    found = Path(shared.socket).stat()
    assert stat.S_IMODE(found.st_mode) == 0o660
    if os.geteuid() == 0:
        assert grp.getgrgid(found.st_gid).gr_name == "postfix"


def test_the_bounce_socket_judges_bounces_only(daemon):
    one = daemon(workers=1, bounce_listen="inet:48917@127.0.0.1")
    with MilterClient(("127.0.0.1", 48917)) as client:
        assert client.message("a@corp.test", ["u@ext.test"], HEADER, BODY).changes == []
        assert client.message("", ["u@ext.test"], HEADER, BODY).of("delrcpt") == [("u@ext.test",)]
        header = [("Subject", "Undelivered"), ("Content-Type", 'multipart/report; boundary="b"')]
        body = b"--b\r\n\r\n<u@ext.test.sealgate.invalid>: expired\r\n--b--\r\n"
        answer = client.message("", ["a@corp.test"], header, body)
        assert answer.changes == [("replacebody", b"--b\r\n\r\n<u@ext.test>: expired\r\n--b--\r\n")]
    assert send(one).of("delrcpt")


def test_a_failure_is_451_and_the_next_message_goes_on(daemon):
    one = daemon(workers=1)
    memory = one.folder / "threads.db"
    good = memory.read_bytes()
    for path in one.folder.glob("threads.db*"):
        path.unlink()
    memory.mkdir()
    with one.client() as client:
        answer = client.message("<a@corp.test>", ["<u@ext.test>"], HEADER, BODY)
        assert answer.reply.startswith("451 4.3.0")
        memory.rmdir()
        memory.write_bytes(good)
        assert os.geteuid() or not os.chown(memory, one.folder.stat().st_uid, -1)
        assert client.message("<a@corp.test>", ["<u@ext.test>"], HEADER, BODY).reply == "continue"
    assert "cause=OperationalError" in one.log.read_text()
    assert "Good morning" not in one.log.read_text()


def test_too_many_large_messages_at_once_are_put_off(daemon):
    one = daemon(workers=1, max_memory=100_000)
    assert send(one, header=PLAIN, body=b"x" * 150_000).reply.startswith("452 4.3.1")
    for _ in range(3):
        assert send(one, header=PLAIN, body=b"x" * 70_000).reply == "continue"


def test_the_log_says_who_let_it_out_and_what_never_leaves(daemon):
    one = daemon(workers=1)
    wish = '[[rules]]\nname = "wish"\nwhen = "tagged"\nthen = "clear"\n'
    one.policy.write_text(POLICY.replace("[[rules]]", wish + "[[rules]]", 1))
    one.reload()
    assert send(one).changes == []
    notice = [("Message-ID", "<1.2.3.notice@corp.test>"), ("Subject", "x")]
    with one.client() as client:
        client.message("<a@corp.test>", ["<b@corp.test>"], notice, BODY)
        client.message("<>", ["<b@corp.test>"], notice, BODY)
    verdicts = [line.partition("verdict=")[2] for line in one.log.read_text().splitlines() if "verdict=" in line]
    said = [(line.split()[1], re.search(r"kind=\S+", line)[0]) for line in verdicts]
    assert said == [("rule=wish", "kind=outside"), ("rule=-", "kind=internal"), ("rule=-", "kind=notice")]


def test_observe_mode_logs_and_changes_nothing(daemon):
    one = daemon(workers=1, max_size=50_000)
    one.policy.write_text(POLICY.replace("enforce", "observe"))
    one.reload()
    assert send(one).changes == []
    assert send(one, body=b"x" * 60_000).reply == "continue"
    log = one.log.read_text()
    assert "observed=secure:1 rule=tagged" in log
    assert "observed=unjudged reason=too-large" in log


def test_a_reload_swaps_the_policy_under_open_sessions(daemon):
    one = daemon(workers=1)
    before = one.workers()
    with one.client() as client:
        assert client.message("<a@corp.test>", ["<u@ext.test>"], HEADER, BODY).changes
        one.policy.write_text(POLICY.replace("[secure]", "[other]"))
        one.reload()
        assert "policy reloaded: 1 rule, mode enforce" in one.log.read_text()
        assert not client.message("<a@corp.test>", ["<u@ext.test>"], HEADER, BODY).changes
    assert one.workers() == before


def test_a_broken_policy_is_refused_and_the_old_one_stays(daemon):
    one = daemon(workers=1)
    for broken in ("this is no policy", POLICY.replace("tagged or", "nonsense or"), ""):
        one.policy.write_text(broken)
        one.reload()
        assert send(one).of("delrcpt")
    assert "the old configuration stays in force" in one.log.read_text()
    assert "policy.toml" in one.log.read_text()


def test_a_dead_worker_is_replaced(daemon):
    one = daemon(workers=2)
    before = one.workers()
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    one.wait_for(lambda: len(one.workers() - {victim}) == 2)
    for _ in range(5):
        assert send(one).reply == "continue"


def test_a_new_generation_takes_over_while_sessions_finish(daemon):
    one = daemon(workers=2)
    before = one.workers()
    with one.client() as client:
        client._step(b"M", b"<a@corp.test>\0")
        one.signal(signal.SIGUSR2)
        one.wait_for(lambda: len(one.workers() - before) == 2)
        one.wait_for(lambda: len(before & one.workers()) == 1)
        assert send(one).reply == "continue"
        assert client.message("<a@corp.test>", ["<u@ext.test>"], HEADER, BODY).of("delrcpt")
    one.wait_for(lambda: not before & one.workers())


def test_a_stop_waits_for_the_open_message(daemon):
    one = daemon(workers=2)

    def stop():
        one.signal(signal.SIGTERM)
        one.await_notice("STOPPING=1")
        time.sleep(1.5)

    with one.client() as client:
        assert client.message("<a@corp.test>", ["<u@ext.test>"], HEADER, BODY, pause=stop).of("delrcpt")
    one.process.wait(5)
    assert one.process.returncode == 0
    assert not Path(one.socket).exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda one: one.policy.write_text("nonsense = 1\n"), "policy.toml"),
        (lambda one: (one.folder / "tag.key").chmod(0o644), "others may read"),
        (lambda one: one.config.write_text("listne = []\n"), "unknown parameter 'listne'"),
    ],
)
def test_check_says_what_is_wrong(spoil, said):
    one = Daemon()
    spoil(one)
    command = [sys.executable, "-m", "sealgate_milter.daemon", "--config", str(one.config)]
    checked = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode
    assert said in checked.stderr
    assert "Traceback" not in checked.stderr
    assert subprocess.run(command, capture_output=True, check=False).returncode == 78
    one.remove()


@pytest.mark.root
def test_under_load_three_reloads_and_an_upgrade_lose_nothing(daemon):
    one = daemon(workers=2)
    first = one.workers()
    replies: list[str] = []
    stop = threading.Event()

    def session(number: int) -> None:
        naps = itertools.cycle([0.02 * (number % 7)] * 4 + [2.0])
        nap = lambda: time.sleep(next(naps))  # noqa: E731
        mine = [f"<u{number}@ext.test>"]
        while not stop.is_set():
            try:
                with one.client() as client:
                    for _ in range(1 + number % 3):
                        answer = client.message("<a@corp.test>", mine, HEADER, BODY, pause=nap)
                        good = answer.of("delrcpt") == [tuple(mine)]
                        replies.append(answer.reply if good else f"unchanged {answer}")
            except Exception as error:
                replies.append(repr(error))

    threads = [threading.Thread(target=session, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.7)
        one.reload()
    one.signal(signal.SIGUSR2)
    one.wait_for(lambda: not first & one.workers(), 15)
    stop.set()
    time.sleep(0.5)
    one.signal(signal.SIGTERM)  # the sessions in mid-message still finish
    for thread in threads:
        thread.join()
    assert set(replies) == {"continue"}
    assert len(replies) > 100
    assert one.process.wait(10) == 0


def test_check_leaves_nothing_behind(tmp_path):
    """An admin checks as root; a thread memory that root made could not be written by the milter."""
    daemon = Daemon(thread_db=str(tmp_path / "threads.db"))
    command = [sys.executable, "-m", "sealgate_milter.daemon", "--check", "--config", str(daemon.config)]
    assert subprocess.run(command, check=False).returncode == 0
    assert list(tmp_path.iterdir()) == []
    daemon.remove()
