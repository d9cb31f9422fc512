"""nginx and Apache in front of a site on this machine, configured by the files in deploy/.

Invariant: only locations differ from those files: ports, certificate, site and folder. The
surrounding configuration is Debian's, with its own compression switched on.
"""

import asyncio
import os
import re
import ssl
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.servers.certificates import make_certificate
from tests.servers.child import Child
from tests.servers.ports import free_port
from tests.servers.programs import APACHE_MODULES, find_apache, find_nginx
from tests.servers.server import Server

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "localhost"

AROUND_NGINX = """
daemon off;
{account}
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 128; }}
http {{
    types {{ text/html html; video/mp4 mp4; image/jpeg jpg; }}
    {temporary}
    access_log off;
    gzip on;
    include {site};
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

AROUND_APACHE = """
ServerRoot {folder}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ServerName {name}
{account}
ErrorLog /dev/stderr
Listen 127.0.0.1:{plain}
Listen 127.0.0.1:{secure}
{modules}
AddOutputFilterByType DEFLATE text/html application/json
RequestReadTimeout header=20-40,minrate=500 body=10,minrate=500
Include {site}
"""
# Debian's defaults; our file names the ones that the site needs in addition.
USUAL_MODULES = "alias authz_core deflate env filter mpm_event reqtimeout setenvif"


class ReverseProxy(Server):
    """A reverse proxy with TLS for `https://localhost`, in front of the site at `site_port`.

    `files` is the folder of that site's files. Started by root, the proxy runs as another user, who
    must be able to read there.
    """

    def __init__(self, kind: str, site_port: int, files: Path) -> None:
        self.plain_port, self.port = free_port(), free_port()
        self.plain_url = f"http://{NAME}:{self.plain_port}"
        self.url = f"https://{NAME}:{self.port}"
        self.folder: Path = Path(tempfile.mkdtemp(prefix=f"petsong-{kind}-"))
        self.folder.chmod(0o755)
        self._site_port, self._files = site_port, files
        self._certificate = make_certificate(NAME, self.folder)
        start = {"nginx": self._nginx, "apache": self._apache}[kind]
        self.child = Child(start(), self.folder / f"{kind}.log", folder=self.folder)

    def trust(self) -> ssl.SSLContext:
        """Return a TLS context for clients that trusts the certificate."""
        return ssl.create_default_context(cafile=str(self._certificate))

    async def is_up(self) -> bool:
        """Whether it completes a TLS handshake; listening comes first, before it can fail."""
        try:
            _, writer = await asyncio.open_connection(
                "127.0.0.1", self.port, ssl=self.trust(), server_hostname=NAME
            )
        except OSError:
            return False
        writer.close()
        return True

    def _nginx(self) -> list[str | Path]:
        site = self._adapt("nginx.conf", {r"listen \[::\].*;": ""})
        folders = [f"{name}_temp_path {self.folder}/{name};" for name in TEMPORARY]
        main = self._write(
            AROUND_NGINX,
            site=site,
            account="user www-data;" if os.geteuid() == 0 else "",
            temporary="\n    ".join(folders),
        )
        return [find_nginx(), "-c", main, "-p", self.folder]

    def _apache(self) -> list[str | Path]:
        program, modules = find_apache()
        site = self._adapt("apache.conf", {r"\*:80": "127.0.0.1:80", r"\*:443": "127.0.0.1:443"})
        wanted = re.findall(r"^#\s+a2enmod (.+)$", site.read_text(), re.M)[0].split()
        assert set(APACHE_MODULES) <= set(wanted)
        loaded = [
            f"LoadModule {name}_module {modules}/mod_{name}.so"
            for name in [*USUAL_MODULES.split(), *wanted]
        ]
        main = self._write(
            AROUND_APACHE,
            site=site,
            account="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            modules="\n".join(loaded),
        )
        return [program, "-DFOREGROUND", "-f", main]

    def _adapt(self, name: str, changes: Mapping[str, str]) -> Path:
        """Write a file of deploy/ with other locations; each replaces one that must be there."""
        text = (DEPLOY / name).read_text()
        for pattern, ours in {
            **changes,
            r"/etc/letsencrypt/live/pets\.example/\w+\.pem": str(self._certificate),
            r"pets\.example": NAME,
            r"127\.0\.0\.1:8000": f"127.0.0.1:{self._site_port}",
            r"/var/lib/petsong": str(self._files),
            r"\b443\b(?=>| ssl)": str(self.port),
            r"\b80\b(?=>|;)": str(self.plain_port),
        }.items():
            text, found = re.subn(pattern, ours, text)
            assert found, f"{name} has no {pattern}"
        site = self.folder / name
        site.write_text(text)
        return site

    def _write(self, template: str, **words: object) -> Path:
        main = self.folder / "main.conf"
        places = {"folder": self.folder, "plain": self.plain_port, "secure": self.port}
        main.write_text(template.format(**places, name=NAME, **words))
        return main
