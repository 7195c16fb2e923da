"""A gateway in front of an upstream with TLS: nginx, with a certificate of an authority that only the gateway knows."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from nginx import Authority, Nginx
from server import ENVIRONMENT, MARTLET

KEY = "a-key-that-is-long-enough-for-everyone-0123456789"
BODY = {"model": "toy", "temperature": 0, "max_tokens": 24,
        "messages": [{"role": "user", "content": "What is 7 times 8?"}]}


class Gateway:
    def __init__(self, process, log):
        self.process, self.log = process, log
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, f"{line} {log.read_text()}"
        self.url = found[0]

    def ask(self, path, body=None):
        """The status and the content."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data, {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def upstream(self):
        return json.loads(self.ask("/admin/upstreams")[1])["upstreams"][0]

    def waits_for_log(self, text):
        end = time.monotonic() + 20
        while text not in self.log.read_text():
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)


@contextmanager
def gateway(folder, *options, **environment):
    log = folder / "gateway.log"
    own = {name: value for name, value in ENVIRONMENT.items() if name not in ("CURL_CA_BUNDLE", "SSL_CERT_FILE")}
    with log.open("w") as errors:
        process = subprocess.Popen(
            [MARTLET, "gateway", *options, "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=errors, text=True, env={**own, "MARTLET_API_KEY": KEY, **environment})
    try:
        yield Gateway(process, log)
    finally:
        process.terminate()
        assert process.wait(40) == 0, log.read_text()
        process.stdout.close()


@contextmanager
def upstream(folder, server, authority, names="DNS:localhost"):
    folder.mkdir()
    nginx = Nginx(folder, server.url, http2=True, authority=authority, names=names)
    try:
        yield nginx, f"https://localhost:{nginx.port}"
    finally:
        nginx.stop()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


@pytest.mark.parametrize("place", ["option", "file", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_can_be_named(place, server, authority, tmp_path):
    with upstream(tmp_path / "nginx", server, authority) as (nginx, url):
        options, environment = ["--upstream", f"{url},kind=martlet,name=gpu"], {}
        if place == "option":
            options[1] += f",ca_file={authority.certificate}"
        elif place == "file":
            file = tmp_path / "gateway.yaml"
            # A relative path begins at the file.
            file.write_text(f"upstreams:\n- {{url: '{url}', kind: martlet, ca_file: authority/certificate.pem}}\n")
            options = ["--config", str(file)]
        else:
            environment[place] = str(authority.certificate)
        with gateway(tmp_path, *options, **environment) as relay:
            assert relay.upstream()["state"] == "ready" and relay.upstream()["fault"] is None
            status, text = relay.ask("/v1/chat/completions", BODY)
            assert status == 200 and json.loads(text)["choices"][0]["message"]["content"] == "7 times 8 is 56."
            status, text = relay.ask("/v1/chat/completions", {**BODY, "stream": True})
            assert status == 200 and text.endswith("data: [DONE]\n\n") and '"finish_reason":"stop"' in text
            # Answers that come as events, and the paths of tokenizers, trust the same authority.
            status, text = relay.ask("/api/chat", {**BODY, "stream": False})
            assert status == 200 and json.loads(text)["message"]["content"]
            assert relay.ask("/tokenize", {"model": "toy", "prompt": "Hi"})[0] == 200
        lines = nginx.log.read_text().splitlines()
        chats = [line for line in lines if "/v1/chat/completions" in line]
        assert len(chats) == 3 and all(" 200 localhost " in line for line in lines), lines


@pytest.mark.parametrize("wrong", ["no authority", "another authority", "another name"])
def test_a_certificate_that_is_wrong_is_refused_with_its_reason(wrong, server, authority, tmp_path):
    names = "DNS:other.example" if wrong == "another name" else "DNS:localhost"
    trusted = Authority(tmp_path / "trusted") if wrong == "another authority" else authority
    reason = "no alternative certificate subject name matches target host name 'localhost'" \
        if wrong == "another name" else "unable to get local issuer certificate"
    with upstream(tmp_path / "nginx", server, authority, names) as (nginx, url):
        extra = "" if wrong == "no authority" else f",ca_file={trusted.certificate}"
        with gateway(tmp_path, "--upstream", f"{url},kind=martlet,name=gpu{extra}") as relay:
            relay.waits_for_log("the upstream gpu does not answer as it should: GET /health/ready: SSL")
            assert reason in relay.log.read_text()
            described = relay.upstream()
            assert described["state"] == "down" and reason in described["fault"]
            assert relay.ask("/v1/chat/completions", BODY)[0] == 503
        # An upstream that is not checked: the first requests find out.
        with gateway(tmp_path, "--upstream", f"{url},model=toy,name=service{extra}") as relay:
            for _ in range(3):
                status, text = relay.ask("/v1/chat/completions", BODY)
                assert status == 503 and "certificate" not in text, text
            relay.waits_for_log("the upstream service fails and gets no requests for a while: SSL")
            assert reason in relay.log.read_text()
        # Nothing of a request has reached it.
        assert not nginx.log.read_text()
