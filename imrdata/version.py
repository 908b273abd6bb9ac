"""The version of the package. That of the tables' columns is `imrdata.tables.SCHEMA_VERSION`."""

__version__ = "0.1.0"
