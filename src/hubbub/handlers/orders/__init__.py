"""What administrators of the server can ask and do: one table, its rows, and how they are given."""

from . import account_orders, administrator_orders, network_orders, server_orders
from .order_table import ORDERS, By, Field, Order, obey

__all__ = [
    "ORDERS", "By", "Field", "Order", "account_orders", "administrator_orders", "network_orders",
    "obey", "server_orders",
]  # fmt: skip
