"""Groups of a directory, on a real slapd: what is found, what is kept, and what happens while it is down."""

import contextlib
import json
import socket
import subprocess
import time
from pathlib import Path

import ldap
import pytest
import trustme

from sealgate_core.parameters import ParameterError
from sealgate_core.status import Refusal
from sealgate_milter import gateway, ldap_groups
from sealgate_milter.ldap_search import DirectoryError, _collected
from sealgate_milter.policy import PolicyError, load_policy

CONF = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
maxsize 10485760
suffix "dc=corp,dc=test"
rootdn "cn=admin,dc=corp,dc=test"
rootpw secret
directory {folder}/db
access to attrs=mail by dn.exact="cn=admin,dc=corp,dc=test" write by anonymous auth
access to * by * read
"""
PERSON = """
dn: uid={name},dc=corp,dc=test
objectClass: inetOrgPerson
cn: {name}
sn: {name}
departmentNumber: {department}
mail: {mail}
description: SMTP:alias-{mail}
"""
GROUP = """
dn: cn={name},dc=corp,dc=test
objectClass: groupOfNames
cn: {name}
"""


def ldif():
    people = [("anna", "law", "Anna@Law.Test"), ("ben", "law", "ben@law.test"), ("carl", "sales", "carl@corp.test")]
    people += [(f"p{number}", "many", f"p{number}@many.test") for number in range(1200)]
    entries = ["dn: dc=corp,dc=test\nobjectClass: dcObject\nobjectClass: organization\no: Corp\ndc: corp\n"]
    entries += [PERSON.format(name=name, department=department, mail=mail) for name, department, mail in people]
    members = {"lawyers": ["uid=anna", "cn=partners", "uid=gone"], "partners": ["uid=ben", "cn=lawyers"]}
    for group, names in members.items():
        listed = "".join(f"member: {name},dc=corp,dc=test\n" for name in names)
        entries.append(GROUP.format(name=group) + listed)
    return "\n".join(entries)


class Directory:
    """A slapd of our own in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "db").mkdir()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "ca.pem")
        server = authority.issue_cert("127.0.0.1")
        server.cert_chain_pems[0].write_to_path(folder / "server.pem")
        server.private_key_pem.write_to_path(folder / "server.key")
        self.conf = folder / "slapd.conf"
        self.conf.write_text(CONF.format(folder=folder))
        (folder / "data.ldif").write_text(ldif())
        subprocess.run(["/usr/sbin/slapadd", "-q", "-f", self.conf, "-l", folder / "data.ldif"], check=True)
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            other.bind(("127.0.0.1", 0))
            self.port, self.tls_port = one.getsockname()[1], other.getsockname()[1]
        self.process: subprocess.Popen | None = None

    @property
    def server(self):
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_server(self):
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def start(self):
        words = ["/usr/sbin/slapd", "-f", str(self.conf), "-h", f"{self.server} {self.tls_server}", "-d", "0"]
        self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert time.monotonic() < end
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    one = Directory(tmp_path_factory.mktemp("slapd"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def group(tmp_path, directory):
    """Make groups: `group(filter="…")`; `fresh=True` forgets what earlier ones knew, as a restart does."""
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "password").chmod(0o600)

    def make(fresh=False, **given):
        values = {
            "server": [directory.server], "base": "dc=corp,dc=test", "filter": "(departmentNumber=law)",
            "bind": "cn=admin,dc=corp,dc=test", "password_file": "password", "cache": str(tmp_path), "timeout": 2,
        } | given  # fmt: skip
        lines = [f"{name} = {json.dumps(value)}\n" for name, value in values.items()]
        (tmp_path / "group.toml").write_text("".join(lines))
        if fresh:
            ldap_groups.forget()
        return ldap_groups.group(tmp_path / "group.toml")

    return make


def test_people_found_by_a_filter(group):
    found = group()
    assert found.has("anna@law.test")
    assert found.has("BEN@LAW.TEST")
    assert not found.has("carl@corp.test")


def test_the_policy_check_says_how_many_there_are(group, tmp_path, capsys):
    group(fresh=True)
    policy = tmp_path / "policy.toml"
    policy.write_text('internal = ["corp.test"]\n[[rules]]\nname = "r"\nto = "ldap:group.toml"\nthen = "secure"\n')
    assert gateway.main(["policy", "check", str(policy)]) == 0
    assert "ldap:group.toml: 2 addresses" in capsys.readouterr().out
    group(base="dc=nowhere")
    assert gateway.main(["policy", "check", str(policy)]) == 1
    assert "ldap:group.toml: NO_SUCH_OBJECT" in capsys.readouterr().err


def test_members_are_followed_into_groups_and_in_circles(group):
    found = group(filter="(cn=lawyers)", members=["member"])
    assert found.has("anna@law.test")
    assert found.has("ben@law.test")
    assert not found.has("carl@corp.test")


def test_several_attributes_and_their_prefix(group):
    found = group(attributes=["mail", "Description"])
    assert found.has("alias-ben@law.test")
    assert found.has("ben@law.test")


class Pieces:
    """Answers as Active Directory does about a group of more than 1500 members."""

    def search_ext(self, *_, **__):
        return 1

    def result3(self, *_, **__):
        return None, [("cn=all", {"member;range=0-1499": [b"cn=anna"]})], None, []


def test_a_group_that_comes_in_pieces_is_no_good_answer():
    given = {"base": "", "filter": "", "timeout": 1, "attributes": ["mail"], "members": ["member"]}
    with pytest.raises(DirectoryError, match="memberOf"):
        _collected(ldap, Pieces(), given)


def test_more_people_than_one_page(group):
    assert group(filter="(departmentNumber=many)").has("p1199@many.test")


def test_over_tls_with_a_verified_certificate(group, directory):
    ca = str(directory.folder / "ca.pem")
    assert group(server=[directory.tls_server], ca_file=ca).has("ben@law.test")
    assert group(start_tls=True, ca_file=ca).has("ben@law.test")
    with pytest.raises(Refusal):
        group(server=[directory.tls_server], cache="/nonexistent").has("ben@law.test")


def test_the_last_good_answer_serves_while_the_directory_is_down_also_after_a_restart(group, directory, monkeypatch):
    found = group(refresh=1)
    assert found.has("ben@law.test")
    directory.stop()
    try:
        time.sleep(1.1)
        assert found.has("ben@law.test")
        again = group(fresh=True, refresh=1)
        assert again is not found
        assert again.has("ben@law.test")
        assert not again.has("carl@corp.test")
    finally:
        directory.start()
    monkeypatch.setattr(ldap_groups, "_PAUSE", 0)
    assert group(fresh=True, refresh=1).has("anna@law.test")


@pytest.mark.parametrize(
    "given",
    [
        {"server": ["ldap://127.0.0.1:1"]},
        {"filter": "(departmentNumber=nobody)"},
        {"base": "dc=nowhere"},
        {"filter": "(departmentNumber=law"},
        {"bind": "", "attributes": ["mail"]},
        {"bind": "cn=wrong,dc=corp,dc=test"},
    ],
)
def test_without_any_answer_the_message_waits(group, given):
    with pytest.raises(Refusal) as refusal:
        group(**given).has("ben@law.test")
    assert str(refusal.value.reply).startswith("451 4.7.1")


def test_an_empty_group_is_good_when_it_is_said(group):
    assert not group(filter="(departmentNumber=nobody)", may_be_empty=True).has("ben@law.test")


def test_the_kept_answer_is_for_the_milter_alone_and_damage_is_no_answer(group, tmp_path, directory):
    group(refresh=3).has("ben@law.test")
    (kept,) = tmp_path.glob("ldap-*.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_bytes(b'{"at": "x", "members": 3}\xff')
    assert group(fresh=True, refresh=3).has("ben@law.test")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"server": ["ldap://ldap.corp.test"]}, "in clear"),
        ({"server": ["http://x"]}, "ldaps://ldap.example.com"),
        ({"refresh": 0}, "at least 1"),
        ({"password_file": "none"}, "cannot be read"),
        ({"filter": "law"}, "( )"),
    ],
)
def test_mistakes_are_told(group, given, said):
    with pytest.raises(ParameterError) as error:
        group(**given)
    assert said in str(error.value)


def test_a_policy_names_groups(group, tmp_path):
    group()
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[tests.a]\nrecipient = ["x.test", "ldap:group.toml"]\n'
        '[[rules]]\nname = "r"\nto = "ldap:none.toml"\nwhen = "a"\nthen = "secure"\n'
    )
    with pytest.raises(PolicyError, match=r"policy.toml:5: to names a group"):
        load_policy(policy, ["corp.test"])
    policy.write_text(policy.read_text().replace("none.toml", "group.toml"))
    (rule,) = load_policy(policy, ["corp.test"]).rules
    assert rule.to("anna@law.test")
    assert not rule.to("x@else.test")
