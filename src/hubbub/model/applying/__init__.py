"""How each event changes what is true, and who is told: a function for each, by family."""
