"""The recipients' web application."""
