"""Orders of administrators: the table, its rows, and CONTROL."""

from . import account_orders, administrator_orders, network_orders, server_orders
from .order_table import ORDERS, By, Field, Order, obey

__all__ = [
    "ORDERS", "By", "Field", "Order", "account_orders", "administrator_orders", "network_orders",
    "obey", "server_orders",
]  # fmt: skip
