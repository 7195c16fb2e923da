import ipaddress
import os
import socket

for name in list(os.environ):
    if name.lower().endswith("_proxy") or name.startswith(("ANTHROPIC", "OPENAI", "LANGCHAIN", "LANGSMITH", "MARTLET_")):
        del os.environ[name]
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest
from anthropic import Anthropic, AsyncAnthropic
from openai import AsyncOpenAI, OpenAI
from tokenizers import Tokenizer

from random_model import write_random_model
from server import ROOT, Server
from validation import counted
from wire import Wire

connect = socket.socket.connect


def connect_to_loopback(self, address):
    local = self.family == socket.AF_UNIX or ipaddress.ip_address(address[0]).is_loopback
    assert local, f"leaves the machine: {address}"
    return connect(self, address)


socket.socket.connect = connect_to_loopback


def pytest_addoption(parser):
    parser.addoption("--gateway", action="store_true", help="put a gateway in front of every server")


def pytest_configure(config):
    Server.behind_gateway = config.getoption("--gateway")


@pytest.fixture(scope="session")
def server():
    server = Server()
    yield server
    assert server.stop() == 0, "SIGTERM must end in exit code 0"


@pytest.fixture(scope="session")
def random_server(tmp_path_factory):
    """The toy, and the model `random`, whose replies only constraints make valid, and which has room for clients' long
    prompts."""
    folder = tmp_path_factory.mktemp("random")
    write_random_model(folder)
    server = Server("--model", "embedded", "--model", f"{folder},id=random")
    yield server
    assert server.stop() == 0, "SIGTERM must end in exit code 0"


@pytest.fixture(scope="session")
def behind_gateway():
    """A server behind a gateway, in any case."""
    server = Server(behind_gateway=True)
    yield server
    assert server.stop() == 0


@pytest.fixture
def wire():
    """The traffic of the test; a response that violates its API's schema fails it."""
    wire = Wire()
    yield wire
    assert wire, "there was no traffic"
    assert not wire.faults


@pytest.fixture
def http(server, wire):
    with wire.client(server.url) as client:
        yield client


@pytest.fixture
def client(server, wire):
    with wire.client(server.url) as http_client:
        yield OpenAI(base_url=server.url + "/v1", api_key="any", http_client=http_client)


@pytest.fixture
async def async_client(server, wire):
    async with wire.async_client(server.url) as http_client:
        yield AsyncOpenAI(base_url=server.url + "/v1", api_key="any", http_client=http_client)


@pytest.fixture
def random_client(random_server, wire):
    with wire.client(random_server.url) as http_client:
        yield OpenAI(base_url=random_server.url + "/v1", api_key="any", http_client=http_client)


@pytest.fixture
async def random_async_client(random_server, wire):
    async with wire.async_client(random_server.url) as http_client:
        yield AsyncOpenAI(base_url=random_server.url + "/v1", api_key="any", http_client=http_client)


@pytest.fixture
def anthropic(server, wire):
    with wire.client(server.url) as http_client:
        yield Anthropic(base_url=server.url, api_key="any", http_client=http_client, max_retries=0)


@pytest.fixture
def random_anthropic(random_server, wire):
    with wire.client(random_server.url) as http_client:
        yield Anthropic(base_url=random_server.url, api_key="any", http_client=http_client, max_retries=0)


@pytest.fixture
async def async_anthropic(server, wire):
    async with wire.async_client(server.url) as http_client:
        yield AsyncAnthropic(base_url=server.url, api_key="any", http_client=http_client, max_retries=0)


@pytest.fixture
def tokenizer():
    """Hugging Face's tokenizer with the toy's vocabulary, new for each test."""
    return Tokenizer.from_file(str(ROOT / "Backends/Toy/CToyModel/toy/tokenizer.json"))


def pytest_terminal_summary(terminalreporter):
    """Prints the number of responses and events that were validated."""
    terminalreporter.write_line(f"Validated: {counted[True]} bodies valid, {counted[False]} not")
