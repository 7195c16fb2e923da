"""nginx with TLS and HTTP/2 as a reverse proxy on the loopback, with a self-signed certificate or an authority's."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

CONFIGURATION = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    log_format with_version "$request_method $uri $server_protocol $status $ssl_server_name $connection";
    access_log {folder}/access.log with_version;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl {http2};
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        location / {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_read_timeout 60s;
        }}
    }}
}}
"""


def make_certificate(folder: Path, name: str, *options):
    """Writes `certificate.pem` and `key.pem`."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem", *options], check=True, capture_output=True)


class Authority:
    """Issues certificates to those who trust `certificate`."""

    def __init__(self, folder: Path):
        folder.mkdir()
        make_certificate(folder, "Tests")
        self.folder, self.certificate = folder, folder / "certificate.pem"

    def issue(self, folder: Path, names: str):
        make_certificate(
            folder, "server", "-CA", self.certificate, "-CAkey", self.folder / "key.pem",
            "-addext", "basicConstraints=critical,CA:FALSE", "-addext", f"subjectAltName={names}")


class Nginx:
    """Runs from construction to `stop`; clients must trust `certificate`, or the authority if there is one."""

    def __init__(self, folder: Path, upstream: str, http2: bool, authority=None, names="IP:127.0.0.1"):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self.log = folder / "access.log"
        self.certificate = folder / "certificate.pem"
        if authority:
            authority.issue(folder, names)
        else:
            make_certificate(folder, "127.0.0.1", "-addext", f"subjectAltName={names}")
        configuration = folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(
            # Workers buffer to the folder, which only the tests' user may write.
            user="user root;" if os.geteuid() == 0 else "", folder=folder, port=self.port, upstream=upstream, http2="http2" if http2 else ""))
        binary = shutil.which("nginx") or "/usr/sbin/nginx"
        self.process = subprocess.Popen(
            [binary, "-p", folder, "-c", configuration], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.stdout.read()
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise AssertionError("nginx does not listen")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
