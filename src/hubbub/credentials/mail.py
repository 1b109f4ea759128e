"""Send the mail that verifies an address: one message with a code, through the operator's SMTP."""

from __future__ import annotations

import re
import smtplib
import ssl
from email.message import EmailMessage

from ..config import MailSettings

SECONDS = 10.0
# Addresses accepted (RFC 5322 without its rare forms); none of them can inject a header.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class MailFailed(Exception):
    """The SMTP server did not accept the message."""


def is_address(text: str) -> bool:
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def send_code(settings: MailSettings, to: str, network: str, account: str, code: str) -> None:
    """Send the code for `account`. Blocks on the network. Raises MailFailed."""
    message = EmailMessage()
    message["From"] = settings.sender or f"{network}@{settings.host}"
    message["To"] = to
    message["Subject"] = f"Your account {account} on {network}"
    message.set_content(
        f"Somebody, you we hope, registered the account {account} on {network} with this address.\n"
        f"To confirm it, send:\n\n    /VERIFY {account} {code}\n\n"
        "If it was not you, do nothing: the account stays closed.\n"
    )
    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=SECONDS) as server:
            if settings.starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(str(error)) from error
