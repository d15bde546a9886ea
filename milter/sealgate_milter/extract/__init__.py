"""Text out of documents and archives: `formats` tells what a file is, one module a format reads it, `walk` goes in."""
