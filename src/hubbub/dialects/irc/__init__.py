"""The IRC protocol of client software: RFC 1459 and 2812, modern.ircdocs.horse, IRCv3."""
