"""Accounts: registration, login, and the services NickServ and ChanServ."""
