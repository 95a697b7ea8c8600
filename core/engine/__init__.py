"""How a network steps."""
