"""One letter, from its bytes to its record. Everything here is pure."""
