"""What can go wrong for a program or a person on this side of the wire. The text of each is a
sentence for people.
"""


class ClientError(Exception):
    """What was asked for did not happen."""


class ConnectError(ClientError):
    """No connection came about, or the server did not let us in."""


class LinkLostError(ClientError):
    """The connection is gone."""


class NickTakenError(ClientError):
    """The nick is in use or not allowed: choose another one."""


class NotDeliveredError(ClientError):
    """A message was refused, or nobody can tell whether it arrived."""


class QueueFullError(ClientError):
    """So many messages wait for a connection that one more is refused; it stays with its writer."""
