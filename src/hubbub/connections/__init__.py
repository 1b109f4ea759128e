"""Sockets: listening, protocol detection, TLS, WebSocket, chat connections.

In the order in which a connection passes them:

    listener, io_thread     accept the socket and hand it to an I/O thread
    opening                 find out what the client speaks; uses detect (the verdict),
                            proxy_header, request_head, limits (connections per address),
                            browsers (addresses with a browser), peer (the client's identity)
    tls, certificate        TLS, then opening again inside; client_hello and tls_openssl for
                            clients that are asked for a certificate
    chat_connection         IRC and plain text
    websocket, frames       IRC for browsers; origins: which pages may connect
    (layer: the part of a transport that tls and websocket leave to the transport below)
"""
