"""The browser client: static files that browsers run unmodified, and the table of them."""
