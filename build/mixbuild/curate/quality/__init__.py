"""Rows that are taken out of a build: too long, known, said twice, nearly alike, too many.

::

    contamination  items of evaluation sets, found by runs of words
    duplicates     duplicates, conflicts and leakage, decided on digests
    evaluation     evaluation sets as items to be looked for
    pool           the rows of a build that are judged together
    rows           rows of a pool, read by their numbers
    run            where rows are judged
    sift           rows that are judged without any others, taken out of a pool
    keyed          what the rows of a pool say, as the keys beside their shards tell
    repeats        duplicates, conflicts and leakage, taken out of a pool
    minhash        sets that are near one another
    near           rows that are nearly the same, taken out of a pool
    max_rows       of each split so many source rows, and the others taken out of a pool
    pairs          pairs of rows that are worth a look
    page           a page of pairs to be looked at in a browser
    take_out       rows are taken out of a build
"""
