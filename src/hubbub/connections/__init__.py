"""Bytes on sockets: listening, telling protocols apart, TLS, WebSocket, HTTP."""
