"""What the organisation has registered: documents by their fingerprints, rows of real data by keyed hashes.

`shingles` turns a text into keyed numbers, `keyed_table` finds numbers in a file, `container` keeps such a file whole
and fresh. `documents`, `registering` and `overlap` are about documents, `exact` and `meeting` about rows; `registry`
is what a message is compared with.
"""

import os

# numpy brings a library for matrices, which starts a thread for every processor although nobody here multiplies any.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
