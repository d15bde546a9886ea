"""What the milter's log lines add up to: lines, their sums, and both as a page for the terminal or a browser."""
