"""Read one letter, from its bytes to its record. All functions are pure."""
