"""IRC as its applications speak it: RFC 1459 and 2812, modern.ircdocs.horse, IRCv3."""
