"""Turn commands into events or refusals. Handlers read the model and change nothing."""
