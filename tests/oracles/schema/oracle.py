"""Whether documents satisfy a JSON Schema, for the test `compiler/core/tests/compile/oracle.rs`.

One request on stdin, one answer on stdout, both JSON:

    {"schema": {...}, "documents": [...]}

    {"schema": "valid", "errors": [[], ["<path>: <words>"], ...]}

`schema` holds the words of the validator where the schema itself is none (draft 2020-12); then `errors` is empty.
"""

import json
import sys

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

request = json.load(sys.stdin)
try:
    Draft202012Validator.check_schema(request["schema"])
except SchemaError as error:
    json.dump({"schema": error.message, "errors": []}, sys.stdout)
    sys.exit()
validator = Draft202012Validator(request["schema"])
errors = [
    [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    for document in request["documents"]
]
json.dump({"schema": "valid", "errors": errors}, sys.stdout)
