"""The version of the package. That of the tables' columns is `imrdata.tables.columns.SCHEMA_VERSION`."""

__version__ = "0.2.0.dev0"
