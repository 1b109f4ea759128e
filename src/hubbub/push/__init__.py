"""Push notifications for browsers without a connection (Web Push: RFC 8030, 8291, 8292)."""
