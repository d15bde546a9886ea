"""`sealgate-cloud` as an operator and as a program types it."""

import json
import subprocess
from pathlib import Path

import pytest
import trustme

from sealgate_delivery import commands, copies
from sealgate_delivery.commands.tenant import fingerprint
from sealgate_delivery.store import Audit, Copy, Tenant

PRINT = "AB:" * 31 + "AB"


@pytest.fixture
def run(cloud, capsys):
    root = cloud.root
    config = root / "cloud.toml"
    config.write_text(
        f'hostname = "cloud.test"\ndatabase = "{cloud.url}"\nblobs = "{root}/blobs"\ntransit_keys = "{root}/transit"\n'
        f'master_key = "{root}/master.key"\ndkim_key = "{root}/dkim.pem"\nnotice_from = "notice@portal.test"\n'
        'portal_url = "https://portal.test"\n')

    def call(*arguments: str, status: int = 0):
        assert commands.main(["--config", str(config), "--json", *arguments]) == status
        out, error = capsys.readouterr()
        return json.loads(out) if out else error

    call.config = str(config)
    return call


def test_the_way_a_cloud_is_set_up(run, cloud, tmp_path):
    certificate = tmp_path / "gateway.pem"
    trustme.CA().issue_cert("gateway.test").cert_chain_pems[0].write_to_path(certificate)
    run("key", "create-master")
    assert Path(cloud.root / "master.key").stat().st_mode & 0o777 == 0o600
    assert "kept" in run("key", "create-master", status=1)
    assert run("key", "dkim")["name"] == "sealgate._domainkey.portal.test"
    row = run("tenant", "add", "globex", "--display-name", "Globex", "--domain", "Globex.test", "--certificate",
              str(certificate), "--fingerprint", PRINT, "--contact", "+1 555", "--registration", "optional",
              "--sealing", "service")
    assert row["domains"] == ["globex.test"] and PRINT in row["certificates"] and len(row["certificates"]) == 2
    shown = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"],
                           capture_output=True, text=True, check=True).stdout
    assert shown.strip().endswith(fingerprint(str(certificate)))
    member = run("member", "add", "member.test", "--tenant", "globex", "--host", "127.0.0.1", "--port", "2525",
                 "--tls-match", "mx.member.test")
    assert member["tls_match"] == "mx.member.test" and run("member", "list") == [member]
    assert run("status")["members"] == 1
    assert run("key", "rotate", "globex") == {"globex": 1} and run("key", "list")[0]["epoch"] == 1
    assert run("audit", "verify")["entries"] == Audit.select().count()


def test_law_5_recipient_is_refused_with_a_sentence(run):
    for arguments in (("tenant", "add", "new"), ("tenant", "set", "acme")):
        assert "test release has gone the whole round" in run(*arguments, "--sealing", "recipient", status=1)
    assert Tenant.get().sealing == "service" and Tenant.select().count() == 1


def test_domains_and_certificates_belong_to_one_tenant(run):
    run("tenant", "domain", "add", "acme", "acme.test")
    run("tenant", "certificate", "add", "acme", PRINT.lower())
    assert "belongs to tenant acme" in run("tenant", "add", "new", "--domain", "ACME.test", status=1)
    assert "belongs to tenant acme" in run("tenant", "add", "new", "--fingerprint", PRINT, status=1)
    assert [row["name"] for row in run("tenant", "list")] == ["acme"]
    run("tenant", "certificate", "remove", "acme", PRINT)
    assert run("tenant", "domain", "remove", "acme", "acme.test")["domains"] == []
    assert "no such domain" in run("tenant", "domain", "remove", "acme", "acme.test", status=1)


def test_tenant_set_show_remove(run, cloud):
    assert run("tenant", "set", "acme", "--retention", "7", "--level", "2", "--active", "no")["retention"] == 7
    assert run("tenant", "show", "acme")["active"] is False
    assert "nothing to change" in run("tenant", "set", "acme", status=1)
    assert "no tenant" in run("tenant", "show", "nobody", status=1)
    cloud.deposit("a@out.test")
    assert "has messages" in run("tenant", "remove", "acme", status=1)
    run("tenant", "add", "other", "--domain", "other.test")
    run("tenant", "remove", "other")


def test_messages(run, cloud):
    copy, _ = cloud.deposit("a@out.test", "b@out.test")
    copies.mark_opened([copy.id])
    (row,) = run("message", "list", "--tenant", "acme")
    assert row["copies"] == 2 and "plan" not in json.dumps(run("message", "show", row["stamp"]))
    assert len(run("message", "expire", row["id"])["expired"]) == 2
    assert {copy.state for copy in Copy.select()} == {"expired"}
    cloud.deposit("a@out.test", stamp="s2")
    assert len(run("message", "recall", "s2")["recalled"]) == 1
    assert "no messages are called" in run("message", "show", "nothing", status=1)


def test_accounts_are_shown_without_credentials(run, cloud):
    from sealgate_delivery import accounts

    accounts.create("Ann", "a@out.test", "a long password here", cloud.cost)
    assert run("account", "list")[0]["addresses"] == ["a@out.test"]
    assert run("account", "show", "a@out.test")["openers"] == ["password"]
    run("account", "remove", "a@out.test")
    assert "no account" in run("account", "show", "a@out.test", status=1)


def test_a_removed_account_takes_what_it_has_read_with_it(run, cloud):
    from sealgate_delivery import accounts, address_keys
    from sealgate_delivery.store import AddressKeyHolder, Body, Session, Wrap

    opened = accounts.create("Ann", "a@out.test", "a long password here", cloud.cost)
    read, unread, other = (cloud.deposit(to, stamp=stamp)[0] for to, stamp in (
        ("a@out.test", "s1"), ("a@out.test", "s2"), ("b@out.test", "s3")))
    shared = cloud.deposit("desk@out.test", stamp="s4")[0]
    cloud.notices_leave()
    copies.mark_opened([read.id, other.id, shared.id])
    # The mailbox desk@ has a second member.
    accounts.add_address(opened.account, opened.private, "desk@out.test")
    colleague = accounts.create("Bob", "bob@out.test", "a long password here", cloud.cost)
    held = address_keys.held(opened.account, opened.private, "desk@out.test")
    AddressKeyHolder.create(key=next(iter(held)), account=colleague.account, sealed=b"sealed to Bob")
    Session.create(id="x" * 64, csrf="", account=opened.account)
    assert run("account", "remove", "a@out.test")["gone"] == [read.id]
    states = {copy.id: copy.state for copy in Copy.select()}
    assert states == {read.id: "gone", unread.id: "noticed", other.id: "opened", shared.id: "opened"}
    assert not Wrap.select().where(Wrap.copy == read).exists() and Session.select().count() == 0
    assert Body.get_by_id(read.body_id).purged and not list((cloud.root / "blobs").rglob(read.body_id))
    assert Wrap.select().where(Wrap.copy == unread, Wrap.kind == "link").exists()


def test_an_altered_audit_log_is_told(run, cloud):
    run("tenant", "add", "new")
    Audit.update(event="nothing").execute()
    assert "altered" in run("audit", "verify", status=1)


def test_a_senseless_command_line_ends_with_64(run):
    for arguments in ([], ["tenant"], ["tenant", "add"], ["nonsense"]):
        with pytest.raises(SystemExit) as exit_:
            commands.main(arguments)
        assert exit_.value.code == 64


def test_tables_for_people(run, capsys):
    for line in ("tenant list", "member list", "message list", "status", "tenant show acme"):
        assert commands.main(["--config", run.config, *line.split()]) == 0
    out = capsys.readouterr().out
    assert "Acme Clinic" in out and "no members yet" in out
