"""Notifications to browsers that have no connection now (Web Push: RFC 8030, 8291, 8292)."""
