"""Where metrics and traces arrive, on real sockets: a StatsD server and an OpenTelemetry collector; and the table."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.patience import HANGS

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
_ROW = re.compile(r"^\| `(wan\.[a-z_.]+)` \| (counter|timer|gauge) \| ([^|]+) \|([^|]*)\|", re.MULTILINE)


@dataclass(frozen=True)
class Documented:
    """A row of the table."""

    name: str
    kind: str
    unit: str
    tags: tuple[str, ...]


def documented() -> dict[str, Documented]:
    """The table of docs/metrics.md by name."""
    rows = [
        Documented(name, kind, unit.strip(), tuple(re.findall(r"`(\w+)`", tags)))
        for name, kind, unit, tags in _ROW.findall(PAGE.read_text())
    ]
    return {row.name: row for row in rows}


@dataclass(frozen=True)
class Sample:
    """A metric as it arrived. `kind` is the sink's own word: `c`, `g`, `ms`; `sum`, `gauge`, `histogram`."""

    name: str
    kind: str
    value: float
    tags: tuple[tuple[str, str], ...] = ()


_KINDS = {
    "c": "counter",
    "g": "gauge",
    "ms": "timer",
    "sum": "counter",
    "gauge": "gauge",
    "histogram": "timer",
}


def agrees_with_the_table(samples: Collection[Sample]) -> None:
    """Everything of the table has arrived, and nothing else; each of its kind and with its tags in their order."""
    table = documented()
    assert {sample.name for sample in samples} == set(table)
    for sample in samples:
        row = table[sample.name]
        assert (_KINDS[sample.kind], tuple(key for key, _ in sample.tags)) == (row.kind, row.tags)


class StatsdSink:
    """A StatsD server that keeps what it is sent of ours."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.lines: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                packet = self._socket.recv(65_536)
            except OSError:
                return
            if packet == b"":
                return
            self.lines += [line for line in packet.decode().splitlines() if line.startswith("airflow.wan.")]

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", ("127.0.0.1", self.port))
        self._socket.close()

    def samples(self) -> list[Sample]:
        """What has arrived by now, without the prefix `airflow.`."""
        found = []
        for line in list(self.lines):
            full, _, rest = line.partition(":")
            name, *tags = full.removeprefix("airflow.").split(",")
            value, kind = rest.split("|")[:2]
            pairs = [tag.partition("=") for tag in tags]
            found.append(Sample(name, kind, float(value), tuple((key, text) for key, _, text in pairs)))
        return found


@contextmanager
def statsd_sink() -> Iterator[StatsdSink]:
    """Listen while the block lasts."""
    sink = StatsdSink()
    try:
        yield sink
    finally:
        sink.close()


@dataclass(frozen=True)
class SpanSeen:
    """A span as it arrived."""

    name: str
    span_id: bytes
    parent_id: bytes
    attributes: dict[str, Any]
    error: str | None
    events: int


class OtlpSink:
    """A collector that takes OTLP over HTTP."""

    def __init__(self) -> None:
        self.spans: list[SpanSeen] = []
        self.bodies: list[bytes] = []
        self._samples: list[Sample] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                sink.take(self.path, body)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, path: str, body: bytes) -> None:
        self.bodies.append(body)
        if path == "/v1/traces":
            self._take_spans(ExportTraceServiceRequest.FromString(body))
        elif path == "/v1/metrics":
            self._take_metrics(ExportMetricsServiceRequest.FromString(body))

    def _take_spans(self, request: Any) -> None:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    error = span.status.message if span.status.code == 2 else None
                    self.spans.append(
                        SpanSeen(
                            *(span.name, span.span_id, span.parent_span_id),
                            *({one.key: one.value.string_value for one in span.attributes}, error),
                            len(span.events),
                        )
                    )

    def _take_metrics(self, request: Any) -> None:
        latest = []
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    latest += list(_points(metric))
        self._samples = latest  # cumulative: each export repeats all

    def samples(self) -> list[Sample]:
        """What of ours had arrived by the last export."""
        return [sample for sample in self._samples if sample.name.startswith("wan.")]


def _points(metric: Any) -> Iterator[Sample]:
    name = metric.name.removeprefix("airflow.")
    kind = metric.WhichOneof("data")
    for point in getattr(metric, kind).data_points:
        tags = tuple((one.key, one.value.string_value) for one in point.attributes)
        if "histogram" in kind:
            yield Sample(name, "histogram", point.sum, tags)
        else:
            yield Sample(name, kind, point.as_int or point.as_double, tags)


@contextmanager
def otlp_sink() -> Iterator[OtlpSink]:
    """Listen while the block lasts."""
    sink = OtlpSink()
    thread = threading.Thread(target=sink.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.server.shutdown()
        sink.server.server_close()
        thread.join(5)


def soon(happened: Callable[[], bool]) -> bool:
    """Wait until something has happened; tell whether it has."""
    end = time.monotonic() + HANGS
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def run_in_airflow(code: str, settings: Mapping[str, str]) -> None:
    """Run code in a process of its own, whose Airflow is configured by the environment as a deployment's is."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PAGE.parents[1],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
