"""Appliers: one function per event class, which changes the model and names the recipients."""
