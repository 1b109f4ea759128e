"""What a server asks of a person with netcat before the first message: its password if it has one,
then a name, or an account where nobody enters without one."""

from __future__ import annotations

from typing import NamedTuple

from ...config import Settings

PASSWORD_QUESTION = "This server has a password. What is it?"
NAME_QUESTION = "What is your name?"


class Entrance(NamedTuple):
    has_password: bool = False
    question: str = NAME_QUESTION  # after the password


def entrance_of(settings: Settings) -> Entrance:
    question = _account_question(settings) if settings.accounts.required else NAME_QUESTION
    return Entrance(bool(settings.password), question)


def _account_question(settings: Settings) -> str:
    question = "Only people with an account may enter. Sign in with /login name password"
    if not (settings.accounts.registration and settings.accounts.before_connect):
        return f"{question}; the operators of this server make accounts."
    email = " email" if settings.mail.required else ""
    return f"{question}, or make an account with /register name password{email}"
