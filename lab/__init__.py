"""Four mail hosts on loopback, for the demo and the system tests: real Postfix, from the files we ship.

Nothing outside a temporary directory is changed, and everything that is started is stopped.
"""
