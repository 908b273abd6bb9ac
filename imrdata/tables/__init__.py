"""The contract: columns, tables, rules, their validation, records as frames, and the contract in other languages."""
