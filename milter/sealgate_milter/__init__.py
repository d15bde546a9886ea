"""The gateway half: classify a message by policy and tag what must travel securely."""
