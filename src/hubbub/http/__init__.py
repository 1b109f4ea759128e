"""The HTTP service: pages, the API under /api/, files and health, by aiohttp.

server        builds the service in each I/O thread; fallback without aiohttp
app           one application per I/O thread; http_connection: one HTTP connection
questions     runs requests in the hub; authentication: credentials; strict_json: bodies
routes/       one file per family of addresses
"""
