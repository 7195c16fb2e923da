"""The metrics, as Prometheus' own libraries and tools read them."""

import shutil
import subprocess
import time

import httpx2
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from server import Server

FRANCE = {"model": "toy", "messages": [{"role": "user", "content": "What is the capital of France?"}]}
OPEN = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture(scope="module")
def measured():
    """A server with metrics that has answered some requests, and a client of it."""
    server = Server("--metrics")
    with httpx2.Client(base_url=server.url) as client:
        assert client.post("/v1/chat/completions", json=FRANCE).status_code == 200
        streamed = client.post("/v1/chat/completions", json=FRANCE | {"stream": True})
        assert streamed.text.endswith("data: [DONE]\n\n")
        assert client.post("/v1/chat/completions", json={"model": "none"}).status_code == 404
        assert client.get('/no/such/"path"\\').status_code == 404
        deadline = time.monotonic() + 10
        while 'http_requests_total{handler="none",method="GET",status="4xx"} 1' not in client.get("/metrics").text:
            assert time.monotonic() < deadline, "the requests are not counted"
        yield client
    assert server.stop() == 0


def families(client, parse, headers=None):
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    return {family.name: family for family in parse(response.text)}


def value(families, family, name, **labels):
    found = [s.value for s in families[family].samples if s.name == name and s.labels == labels]
    assert len(found) == 1, f"{name}{labels}: {found}"
    return found[0]


@pytest.mark.parametrize("parse, headers", [(parse_text, None), (parse_openmetrics, OPEN)])
def test_prometheus_client_reads_the_scrape(measured, parse, headers):
    read = families(measured, parse, headers)
    for reason, count in {"stop": 2, "length": 0, "abort": 0, "error": 0}.items():
        assert value(read, "martlet:request_success", "martlet:request_success_total",
                     model_name="toy", finished_reason=reason) == count
    chat = dict(handler="/v1/chat/completions", method="POST")
    assert value(read, "http_requests", "http_requests_total", **chat, status="2xx") == 2
    assert value(read, "http_requests", "http_requests_total", **chat, status="4xx") == 1
    assert value(read, "martlet:generation_tokens", "martlet:generation_tokens_total", model_name="toy") > 2
    kinds = {family.name: family.type for family in read.values()}
    assert kinds["martlet:num_requests_running"] == "gauge"
    assert kinds["martlet:time_to_first_token_seconds"] == "histogram"
    assert kinds["http_response_size_bytes"] == "summary"
    assert all(family.documentation for family in read.values())


def test_histograms_are_cumulative(measured):
    count = 0
    for family in families(measured, parse_text).values():
        if family.type != "histogram":
            continue
        series = {}
        for sample in family.samples:
            labels = dict(sample.labels)
            bound = labels.pop("le", None)
            series.setdefault(tuple(labels.items()), {})[bound or sample.name.removeprefix(family.name)] = sample.value
        for values in series.values():
            total, _ = values.pop("_count"), values.pop("_sum")
            buckets = [values[bound] for bound in sorted(values, key=float)]
            assert buckets == sorted(buckets) and buckets[-1] == total
            count += 1
    assert count > 10


def test_both_formats_have_the_same_series(measured):
    ignored = ("process_", "martlet:event_loop_lag", "http_")
    text, opened = (
        {(s.name, tuple(sorted(s.labels.items()))) for family in families(measured, parse, headers).values()
         for s in family.samples if not s.name.startswith(ignored)}
        for parse, headers in ((parse_text, None), (parse_openmetrics, OPEN)))
    assert text == opened


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian: prometheus)")
def test_promtool_accepts_the_scrape(measured):
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=measured.get("/metrics").text, capture_output=True, text=True)
    # promtool's linter has opinions on names, which are vLLM's here; a scrape that it cannot read is exit code 1.
    assert checked.returncode in (0, 3), checked.stderr
    faults = [line for line in checked.stderr.splitlines() if "error while linting" in line or "parsing" in line]
    assert not faults
