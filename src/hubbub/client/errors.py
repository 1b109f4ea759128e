"""Exceptions of the client. The text of each is a sentence for people."""


class ClientError(Exception):
    """A request failed."""


class ConnectError(ClientError):
    """The connection failed, or the server refused to register the client."""


class LinkLostError(ClientError):
    """The connection was lost."""


class NickTakenError(ClientError):
    """The nick is in use or invalid: choose another one."""


class NotDeliveredError(ClientError):
    """A message was refused, or it is unknown whether it arrived."""


class QueueFullError(ClientError):
    """Too many messages wait for a connection; this one was not queued."""
