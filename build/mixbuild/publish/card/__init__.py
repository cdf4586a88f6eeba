"""The dataset card: a published manifest -> the text of README.md. Pure.

::

    metadata   the YAML that the Hub and datasets read
    markdown   blocks, spans and tables that hold any text
    mixture    what a mixture is made of, and its recipe
    summary    what the rows of a config are like
    templates  the page of templates beside the card
    sections   the text, filled from the manifest
    write      both, merged with what people wrote
"""
