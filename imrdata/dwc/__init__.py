"""The decision search of the Division of Workers' Compensation: its index, fetching letters, comparing."""
