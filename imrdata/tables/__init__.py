"""The contract of the tables: columns, rules, validation, conversion of records to frames, and exported schemas."""
