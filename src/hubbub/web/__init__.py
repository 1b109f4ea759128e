"""The browser client: plain files that a browser runs as they are, and the table of them."""
