"""Who somebody is: passwords, SCRAM, tokens of other services, mail. Slow, so done by workers."""
