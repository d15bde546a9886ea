"""What the organisation has registered: documents by their fingerprints, rows of real data by keyed hashes.

`shingles` turns a text into keyed numbers, `keyed_table` finds numbers in a file, `container` keeps such a file whole
and fresh; `documents` and `exact` are the two kinds of index, `registry` is what a message is compared with.
"""
