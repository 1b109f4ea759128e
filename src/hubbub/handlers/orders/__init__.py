"""What administrators of the server can ask and do: the rows of the table in order_table.py."""

from . import account_orders, administrator_orders, network_orders, server_orders
from .order_table import COMMAND_LINE, ORDERS, By, Order, obey

__all__ = [
    "COMMAND_LINE", "ORDERS", "By", "Order", "account_orders", "administrator_orders",
    "network_orders", "obey", "server_orders",
]  # fmt: skip
