"""The HTTP service: pages, the API under /api/, files and health, by aiohttp.

server        builds it in each I/O thread while the first clients come; fallback without aiohttp
app           one application for each I/O thread; connection: one connection that speaks HTTP
asking        who asks, and how a question reaches the hub; strict_json: bodies without traps
routes/       one file for each family of addresses
"""
