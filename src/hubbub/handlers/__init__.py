"""COMMAND -> events or a refusal. They read the model and change nothing."""
