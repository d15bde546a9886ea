"""What an operator types: `sealgate-cloud`."""
