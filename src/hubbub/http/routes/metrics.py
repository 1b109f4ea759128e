"""/metrics for Prometheus, for the addresses in web.metrics only, because it shows the load."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator

from aiohttp import web
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from ... import __version__
from ...hub import Hub
from ..http_connection import host_refusal, is_client_in, site_of
from .pages import error_page


class HubMetrics(Collector):
    """Metrics of the hub, read on request; they cost nothing in between."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        hub = self._hub
        with hub.lock:
            sessions = list(hub.context.sessions.values())
            users, channels = len(hub.network.users), len(hub.network.channels)
            files, file_bytes = len(hub.network.files.by_id), hub.network.files.total
        build = GaugeMetricFamily("hubbub_build_info", "Versions", labels=["version", "python"])
        build.add_metric([__version__, sys.version.split()[0]], 1)
        yield build
        yield GaugeMetricFamily("hubbub_users", "People on the network", users)
        yield GaugeMetricFamily("hubbub_channels", "Channels there are", channels)
        yield GaugeMetricFamily("hubbub_files", "Files that people uploaded", files)
        yield GaugeMetricFamily("hubbub_files_bytes", "Room that they take", file_bytes)
        kinds = Counter(
            (each.dialect.name, each.frame is not None, each.peer.tls) for each in sessions
        )
        connected = GaugeMetricFamily(
            "hubbub_sessions", "Connected clients", labels=["dialect", "websocket", "tls"]
        )
        for (dialect, websocket, tls), count in kinds.items():
            connected.add_metric([dialect, str(websocket).lower(), str(tls).lower()], count)
        yield connected


def _exposition(hub: Hub) -> bytes:
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    registry.register(HubMetrics(hub))
    return generate_latest(registry)


async def metrics(request: web.Request) -> web.Response:
    site = site_of(request)
    if not is_client_in(request, site.settings.web.metrics):
        return error_page(request, 403, "Your address is not among web.metrics.")
    if (refusal := host_refusal(request)) is not None:
        return error_page(request, 403, refusal)
    # Reads system files, so it does not run in the I/O thread.
    body = await asyncio.to_thread(_exposition, site.hub)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


ROUTES = [web.get("/metrics", metrics)]
