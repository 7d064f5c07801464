"""A real mail server for the tests: Debian's Exim, unprivileged, on a port of its own."""

import mailbox
import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from email.message import Message
from pathlib import Path

from tests.certificates import write_certificate
from tests.databases import ROOT

READY_WITHIN = 30.0
_ACCOUNT = 65534
"""As whom it runs where we are root, as whom it would refuse to take a configuration."""

CONFIGURATION = """
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
exim_user = {user}
exim_group = {group}
deliver_drop_privilege = true
spool_directory = {folder}/spool
log_file_path = {folder}/log-%s
pid_file_path = {folder}/pid
primary_hostname = mail.example
local_interfaces = 127.0.0.1
tls_certificate = {folder}/certificate.pem
tls_privatekey = {folder}/key.pem
acl_smtp_rcpt = receiver
begin acl
receiver:
  deny local_parts = gone
       message = there is no such mailbox
  defer local_parts = grey
       condition = ${{if !exists{{{folder}/known}}}}
       message = greylisted, come again
  accept domains = patients.example
  deny message = this is no relay
begin routers
everybody:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  file = {folder}/mbox
"""


class MailServer:
    """Exim in a folder of its own, gone when it is closed.

    It takes mail for ``patients.example``. Nobody is called ``gone``, and who is called ``grey`` is
    greylisted until ``know`` is called.
    """

    def __init__(self) -> None:
        self._programs = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="careweave-exim-"))
        self.port = _free_port()
        write_certificate(self.folder / "certificate.pem", self.folder / "key.pem")
        user, group = (_ACCOUNT, _ACCOUNT) if os.getuid() == 0 else (os.getuid(), os.getgid())
        configuration = CONFIGURATION.format(folder=self.folder, user=user, group=group)
        (self.folder / "exim.conf").write_text(configuration, "utf-8")
        self._lend_account(user, group)
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, user, group)
        self._process = subprocess.Popen(
            [
                self._programs / "usr/sbin/exim4",
                *("-C", self.folder / "exim.conf", "-bdf", "-oX", str(self.port)),
            ],
            user=user if os.getuid() == 0 else None,
            group=group if os.getuid() == 0 else None,
            extra_groups=[] if os.getuid() == 0 else None,
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _lend_account(self, user: int, group: int) -> None:
        """It asks for a user of a certain name, who need not be on this machine."""
        names = (f"Debian-exim:x:{user}:{group}::/:/bin/false\n", f"Debian-exim:x:{group}:\n")
        for name, line in zip(("passwd", "group"), names, strict=True):
            (self.folder / name).write_text(line, "utf-8")

    def _environment(self) -> dict[str, str]:
        [wrapper] = self._programs.glob("usr/lib/*/libnss_wrapper.so")
        return {
            "LD_LIBRARY_PATH": str(wrapper.parent),
            "LD_PRELOAD": str(wrapper),
            "NSS_WRAPPER_PASSWD": str(self.folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(self.folder / "group"),
        }

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                smtplib.SMTP("127.0.0.1", self.port, timeout=5).close()
            except OSError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline, "the mail server does not answer"
                time.sleep(0.05)
            else:
                return

    def log(self) -> str:
        """What it has written down."""
        return "\n".join(path.read_text("utf-8") for path in self.folder.glob("log-*"))

    def know(self) -> None:
        """Let those in who were greylisted."""
        (self.folder / "known").touch()

    def received(self, number: int) -> list[Message]:
        """The mail that has been put into the box; waits until there is as much of it."""
        deadline = time.monotonic() + READY_WITHIN
        while True:
            found = self._in_the_box()
            if len(found) >= number:
                return found
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def _in_the_box(self) -> list[Message]:
        path = self.folder / "mbox"
        if not path.exists():
            return []
        with closing(mailbox.mbox(path, create=False)) as box:
            return list(box)

    def close(self) -> None:
        """End it and remove what it has written."""
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _programs() -> Path:
    """Where Exim is; fetched first where it is missing, never skipped."""
    found = subprocess.run([ROOT / "setup/exim.sh"], check=True, stdout=subprocess.PIPE, text=True)
    return Path(found.stdout.strip())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
