"""Bytes on sockets: listening, telling protocols apart, TLS, WebSocket.

In the order in which a connection meets them:

    listener, io_thread     accepted, and given to a thread
    opening                 what does it speak? With detect (the verdict), proxy_header,
                            request_head, limits (so many from one address), browsers (where
                            one is), peer (who it is)
    tls, certificate        TLS, and then the same again inside; client_hello, tls_openssl: clients
                            that are asked for a certificate
    chat                    IRC and plain text
    websocket, frames       IRC for browsers; origins: whose pages may
                            (layer: what tls and websocket leave to the transport below)
"""
