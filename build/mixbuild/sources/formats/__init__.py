"""The formats in which a source's files are, each read by a module of its own.

::

    opened       a file, here or on the Hub, without what it is compressed with, in UTF-8
    weights      what rows weigh that share texts; and memory, given back
    footer       what a Parquet footer says of its column chunks, once it is known to be sound
    parquet      Parquet files: cut into runs of row groups, read by Arrow
    arrow        Arrow files
    dialect      how text files are written, as a card says it
    delimited    CSV and TSV: every field as it stands in the file
    json_text    the values of a JSON text, one after another
    json_blocks  a JSON file in pieces of whole records
    records      JSON: a record a line, or an array of them
"""
