"""Deposits: idempotent, safe side by side, complete or not at all, whatever dies or fills up."""

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import peewee
import pytest

from sealgate_delivery import blobs, copies, outbox_rows, retention, store, tenant_keys
from sealgate_delivery.store import Body, Copy, Message, Notice, NoticeCopy, Outbox, Tenant, Wrap

CHILD = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("case", sys.argv[1])
case = importlib.util.module_from_spec(spec); spec.loader.exec_module(case)
case.store.connect(f"sqlite:///{sys.argv[2]}/db/sealgate.db")
cloud = case.Cloud.__new__(case.Cloud)
cloud.keys = case.StoreKeys(Path(sys.argv[2], "blobs"), Path(sys.argv[2], "transit"), b"M" * 32, case.compose)
cloud.deposit("a@out.test", "b@out.test", raw=b"Subject: x\\r\\n\\r\\n" + b"text" * 30000)
"""


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_second_delivery_changes_nothing(cloud):
    first = cloud.deposit("a@out.test", "b@out.test")
    again = cloud.deposit("b@out.test", "a@out.test", "A@OUT.test")
    assert {copy.id for copy in again[:2]} == {copy.id for copy in first}
    assert len(again) == 3 and again[2].address == "A@out.test"  # another spelling of the local part is another address
    assert Outbox.select().count() == 3
    assert len(files(cloud.keys.blobs)) == Body.select().count() == 2


def test_recipients_split_over_deliveries_each_have_a_body_they_can_open(cloud):
    (first,), (second,) = cloud.deposit("a@out.test", raw=b"one"), cloud.deposit("b@out.test", raw=b"one")
    assert first.message_id == second.message_id and first.body_id != second.body_id
    secrets = {mail.split(b"To: ")[1].split()[0]: cloud.secret(mail) for mail in cloud.mails()}
    assert cloud.open_by_link(first, secrets[b"a@out.test"]) == b"one"
    assert cloud.open_by_link(second, secrets[b"b@out.test"]) == b"one"


def test_a_stamp_on_other_content_is_another_message(cloud):
    (first,), (second,) = cloud.deposit("a@out.test"), cloud.deposit("a@out.test", digest="d2")
    assert first.message_id != second.message_id


def test_a_message_that_also_went_out_directly_is_the_same_row(cloud):
    row = copies.message_row(cloud.tenant, "s1", "d1", "jane@acme.test", "<1@acme.test>")
    (copy,) = cloud.deposit("a@out.test")
    assert copy.message_id == row.id and Message.select().count() == 1


def test_a_large_message_comes_back_whole(cloud):
    raw = os.urandom(3_000_000)
    (copy,) = cloud.deposit("a@out.test", raw=raw)
    assert cloud.open_by_link(copy, cloud.secret(cloud.mails()[0])) == raw


def test_a_large_mail_in_the_outbox_rests_in_a_blob_and_leaves_with_it(cloud):
    mail = b"x" * (outbox_rows.INLINE + 1)
    row = outbox_rows.enqueue("relay", "direct", "", "a@b.test", mail,
                              transit_dir=cloud.keys.transit, blobs=cloud.keys.blobs)
    assert outbox_rows.payload(row, cloud.keys.transit, cloud.keys.blobs) == mail
    assert retention.sweep(cloud.keys.blobs, age=-1) == 0
    outbox_rows.settle(row, "handed", cloud.keys.blobs)
    assert files(cloud.keys.blobs) == []


def test_deliveries_side_by_side_make_one_copy_each(cloud):
    errors, start = [], threading.Barrier(6)

    def deliver() -> None:
        with store.session():
            start.wait()
            try:
                cloud.deposit("a@out.test", "b@out.test")
            except Exception as error:
                errors.append(error)

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert Copy.select().count() == Outbox.select().count() == Notice.select().count() == 2
    assert len(files(cloud.keys.blobs)) == 1


def test_a_notice_that_cannot_be_written_leaves_nothing(cloud):
    def fail(_facts):
        raise ZeroDivisionError

    cloud.keys = copies.StoreKeys(cloud.keys.blobs, cloud.keys.transit, cloud.keys.master, fail)
    with pytest.raises(ZeroDivisionError):
        cloud.deposit("a@out.test")
    assert not any(table.select().exists() for table in (Message, Body, Copy, Wrap, Notice, Outbox))
    assert files(cloud.keys.blobs) == []


def test_recalled_between_two_deliveries_stays_recalled(cloud):
    (copy,) = cloud.deposit("a@out.test")
    copies.recall(copy, cloud.keys.blobs)
    (again,) = cloud.deposit("a@out.test")
    assert again.state == "recalled" and Outbox.select().where(Outbox.state == "waiting").count() == 0


def run_child(cloud, **environment: str) -> int:
    case = Path(__file__).with_name("conftest.py")
    run = subprocess.run([sys.executable, "-c", CHILD, str(case), str(cloud.root)], capture_output=True, timeout=60,
                         env={**os.environ, **environment})
    assert run.returncode in {0, -signal.SIGKILL}, run.stderr.decode()
    return run.returncode


def test_killed_at_every_durable_operation_then_tried_again(tmp_path, cloud):
    """Whatever point of a delivery the process dies at, a retry ends with one copy and one notice a recipient."""
    trace = tmp_path / "trace"
    assert run_child(cloud, SEALGATE_CRASH_TRACE=str(trace)) == 0
    points = trace.read_text().split()
    assert {"blob.renamed", "transit.durable", "deposit.commit", "deposit.committed"} <= set(points)
    assert len(points) >= 12
    for number in range(1, len(points) + 1):
        wipe(cloud)
        assert run_child(cloud, SEALGATE_CRASH_AT=f"*:{number}") == -signal.SIGKILL, points[number - 1]
        cloud.deposit("a@out.test", "b@out.test", raw=b"Subject: x\r\n\r\n" + b"text" * 30000)
        assert Copy.select().count() == Outbox.select().count() == Notice.select().count() == 2, points[number - 1]
        for mail in cloud.mails():
            copy = Copy.get(Copy.address == mail.split(b"To: ")[1].split()[0].decode())
            assert cloud.open_by_link(copy, cloud.secret(mail)).endswith(b"text" * 30000)
        retention.sweep(cloud.keys.blobs, age=-1)
        assert len(files(cloud.keys.blobs)) == 1, points[number - 1]


def wipe(cloud) -> None:
    for table in (NoticeCopy, Notice, Wrap, Copy, Body, Outbox, Message):
        table.delete().execute()
    for path in files(cloud.keys.blobs) + files(cloud.keys.transit):
        path.unlink()


def test_disk_full_while_the_body_is_written(cloud):
    """RLIMIT_FSIZE makes write(2) fail as a full disk does; the error is clean and nothing stays."""
    tenant_keys.ensure(cloud.tenant, cloud.keys.master)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            cloud.deposit("a@out.test", raw=bytes(2_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert files(cloud.keys.blobs) == [] and not Message.select().exists()
    assert len(cloud.deposit("a@out.test", raw=bytes(2_000_000))) == 1


def test_database_full(cloud):
    """`max_page_count` gives the very error of a full disk to the transaction."""
    pages = store.database.execute_sql("PRAGMA page_count").fetchone()[0]
    store.database.execute_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(peewee.OperationalError, match="full"):
        for number in range(50):
            cloud.deposit("a@out.test", stamp=f"s{number}")
    store.database.execute_sql("PRAGMA max_page_count=1000000")
    assert len(files(cloud.keys.blobs)) == Body.select().count()
    assert Copy.select().count() == Outbox.select().count() == Notice.select().count()


def test_read_only_database(cloud):
    store.database.execute_sql("PRAGMA query_only=1")
    with pytest.raises(peewee.OperationalError, match="readonly"):
        cloud.deposit("a@out.test")
    store.database.execute_sql("PRAGMA query_only=0")
    assert files(cloud.keys.blobs) == []
    assert len(cloud.deposit("a@out.test")) == 1


def test_locked_database_is_a_clean_error(cloud):
    store.database.execute_sql("PRAGMA busy_timeout=50")
    other = peewee.SqliteDatabase(cloud.url.removeprefix("sqlite://"), lock_type="IMMEDIATE")
    with other.atomic(), pytest.raises(peewee.OperationalError, match="locked"):
        cloud.deposit("a@out.test")
    other.close()
    assert files(cloud.keys.blobs) == []


def test_blob_names_cannot_leave_the_folder(tmp_path):
    for name in ("../../etc/passwd", "", "a/b", "ABCDEFGH", "x" * 20):
        with pytest.raises(ValueError, match="no name"):
            blobs.write(tmp_path, name, [b"x"])


def test_sweep_spares_what_may_still_be_committed(cloud):
    blobs.write(cloud.keys.blobs, "0123456789abcdef", [b"x"])
    assert retention.sweep(cloud.keys.blobs) == 0
    assert retention.sweep(cloud.keys.blobs, age=-1) == 1


def test_level_is_the_higher_of_tenant_and_rule(cloud):
    Tenant.update(level=2).execute()
    assert cloud.deposit("a@out.test")[0].level == 2
