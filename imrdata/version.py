"""The version of the package. For the tables' columns, see `imrdata.tables.columns.SCHEMA_VERSION`."""

__version__ = "0.2.0.dev0"
