"""How a network is built from its specification."""
