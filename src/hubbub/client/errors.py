"""Exceptions of the client. The text of each is a sentence for people."""


class ClientError(Exception):
    """A request failed."""


class ConnectError(ClientError):
    """The connection failed, or the server refused to register the client."""


class LinkLostError(ClientError):
    """The connection was lost."""


class NickTakenError(ClientError):
    """The nick is in use or invalid: choose another one."""


class PasswordNeededError(ConnectError):
    """The server has a password, and none or a wrong one was given."""


class AccountNeededError(ConnectError):
    """The server admits only people with an account, and the login or the new account failed."""


class NotDeliveredError(ClientError):
    """A message was refused, or it is unknown whether it arrived."""


class QueueFullError(ClientError):
    """Too many messages wait for a connection; this one was not queued."""
