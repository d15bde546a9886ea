"""The cloud half: decide per recipient, relay or store sealed, notify."""
