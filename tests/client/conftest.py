from client_harness import piped, server, talking  # noqa: F401  (fixtures)
