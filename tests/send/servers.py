#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real servers on loopback, started by the tests themselves in a folder of their own: OpenSSH, nginx, vsftpd. No
service of the machine is used, and none has to be root's."""
import getpass
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import time

STARTUP = 60  # seconds, of a busy machine


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise RuntimeError(f"{name} is not installed. Next: packaging/install-packages check")
    return path


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def descendants(pid):
    """The process and all below it, also those that left its process group."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parent = int(text[text.rindex(")") + 2:].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, left = [], [pid]
    while left:
        one = left.pop()
        found.append(one)
        left += children.get(one, [])
    return found


class Server:
    """A server program that can be killed with all its children, and started again on the same port."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None
        self.largest_file = None
        self.log = self.folder / "server.log"

    def command(self):
        raise NotImplementedError

    def limit_files(self, size):
        """From the next start on no file may become larger: a disk that fills."""
        self.largest_file = size

    def _limit(self):
        if self.largest_file is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file))

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=self._limit)
        return self.wait_for_port()

    def wait_for_port(self):
        deadline = time.monotonic() + STARTUP
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError(f"{self.process.args} did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def signal(self, number):
        for pid in descendants(self.process.pid):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGSTOP)  # so that none of them can have more children meanwhile
            self.signal(signal.SIGKILL)
            self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()


class Sshd(Server):
    """OpenSSH for the user who runs the tests, with keys of its own."""

    def __init__(self, folder):
        super().__init__(folder)
        self.user = getpass.getuser()
        self.data = self.folder / "data"
        self.data.mkdir()
        self.host_key = self.make_key("host_key")
        self.user_key = self.make_key("user_key")
        self.known_hosts = self.folder / "known_hosts"
        self.know(self.host_key)
        (self.folder / "authorized_keys").write_text(self.user_key.with_suffix(".pub").read_text())
        self.config = self.folder / "sshd_config"
        self.config.write_text("\n".join([
            f"ListenAddress 127.0.0.1:{self.port}", f"HostKey {self.host_key}", "PidFile none", "UsePAM no",
            f"AuthorizedKeysFile {self.folder}/authorized_keys", "StrictModes no", "PermitRootLogin yes",
            "PasswordAuthentication no", "Subsystem sftp internal-sftp", "LogLevel VERBOSE"]) + "\n")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)

    def make_key(self, name, kind="ed25519", passphrase=""):
        path = self.folder / name
        subprocess.run([program("ssh-keygen"), "-q", "-t", kind, "-N", passphrase, "-f", path], check=True)
        return path

    def know(self, key):
        kind, text = key.with_suffix(".pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {kind} {text}\n")

    def command(self):
        return [program("sshd"), "-D", "-e", "-f", self.config]

    def url(self, path="", key=None, scheme="sftp"):
        return (f"{scheme}://{self.user}@127.0.0.1:{self.port}{self.data}{path}"
                f"?key={key or self.user_key}&known_hosts={self.known_hosts}")


class Authority:
    """Certificates of our own."""

    def __init__(self, folder, name="Test CA"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "ca.crt"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", f"/CN={name}", "-keyout", self.folder / "ca.key", "-out", self.certificate)

    def openssl(self, *arguments):
        subprocess.run([program("openssl"), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def issue(self, name, begin="20200101000000Z", end="20991231000000Z"):
        """A certificate for `name` and for this machine's loopback, which guests see as 10.0.2.2; with its key."""
        key, request, certificate = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", key, "-out", request)
        config = self.folder / "ca.cnf"
        (self.folder / "index.txt").touch()
        config.write_text("\n".join([
            "[ca]", "default_ca=own", "[own]", f"database={self.folder}/index.txt", f"new_certs_dir={self.folder}",
            "rand_serial=yes", "default_md=sha256", "policy=any", "unique_subject=no", "x509_extensions=names",
            "[any]", "commonName=supplied", "[names]",
            "subjectAltName=DNS:localhost,DNS:crash.localhost,IP:127.0.0.1,IP:10.0.2.2"]) + "\n")
        self.openssl("ca", "-batch", "-config", config, "-cert", self.certificate, "-keyfile", self.folder / "ca.key",
                     "-startdate", begin, "-enddate", end, "-in", request, "-out", certificate, "-notext")
        return certificate, key


class Nginx(Server):
    """nginx with TLS and certificates that clients must have; with WebDAV unless `more` says otherwise."""
    WEBDAV = "client_max_body_size 0; dav_methods PUT DELETE MKCOL;"

    def __init__(self, folder, authority, certificate, key, more=WEBDAV):
        super().__init__(folder)
        self.authority = authority
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o777)
        self.data.chmod(0o777)
        self.config = self.folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        self.config.write_text(f"""{user}
daemon off; master_process off; pid {self.folder}/pid; error_log {self.folder}/error.log info;
events {{ }}
http {{
    access_log {self.folder}/access.log;
    client_body_temp_path {self.folder}/temp; proxy_temp_path {self.folder}/proxy;
    fastcgi_temp_path {self.folder}/fastcgi; uwsgi_temp_path {self.folder}/uwsgi; scgi_temp_path {self.folder}/scgi;
    server {{
        listen 127.0.0.1:{self.port} ssl; root {self.data};
        ssl_certificate {certificate}; ssl_certificate_key {key};
        ssl_client_certificate {authority.certificate}; ssl_verify_client on;
        {more}
    }}
}}
""")

    def command(self):
        return [program("nginx"), "-p", self.folder, "-e", self.folder / "error.log", "-c", self.config]

    def url(self, path="", **parameters):
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"https://127.0.0.1:{self.port}{path}?{query}"


class Vsftpd(Server):
    """vsftpd, whose anonymous user needs a password from a list; with TLS when it gets a certificate."""
    PASSWORD = "correct horse"

    def __init__(self, folder, certificate=None, key=None):
        super().__init__(folder)
        root = self.folder / "root"
        self.data = root / "crash"
        self.data.mkdir(parents=True)
        self.data.chmod(0o777)
        root.chmod(0o555)
        (self.folder / "passwords").write_text(self.PASSWORD + "\n")
        lines = ["listen=YES", f"listen_port={self.port}", "listen_address=127.0.0.1", "background=NO",
                 "anonymous_enable=YES", "local_enable=NO", "write_enable=YES", "anon_upload_enable=YES",
                 "anon_mkdir_write_enable=YES", "anon_other_write_enable=YES", "anon_world_readable_only=NO",
                 "anon_umask=022", f"anon_root={root}", "secure_email_list_enable=YES",
                 f"email_password_file={self.folder}/passwords", "seccomp_sandbox=NO", "xferlog_enable=YES",
                 f"xferlog_file={self.folder}/xfer.log", "isolate=NO", "isolate_network=NO",
                 f"secure_chroot_dir={self.folder}/empty", "allow_writeable_chroot=YES"]
        if os.geteuid() != 0:
            lines.append("run_as_launching_user=YES")
        if certificate:
            lines += ["ssl_enable=YES", "allow_anon_ssl=YES", "force_anon_data_ssl=YES",
                      "force_anon_logins_ssl=YES", f"rsa_cert_file={certificate}",
                      f"rsa_private_key_file={key}", "require_ssl_reuse=NO"]
        (self.folder / "empty").mkdir()
        self.config = self.folder / "vsftpd.conf"
        self.config.write_text("\n".join(lines) + "\n")

    def command(self):
        return [program("vsftpd"), self.config]
