"""Connections: registration, invitations, presence, notifications of changed settings."""
