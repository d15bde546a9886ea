"""What both halves of Sealgate speak: addresses, the tag, parameters, status codes, sealing."""
