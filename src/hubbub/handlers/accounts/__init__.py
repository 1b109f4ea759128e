"""Who somebody is: accounts, logging in, and NickServ and ChanServ, who are asked in words."""
