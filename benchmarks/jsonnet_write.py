"""Evaluate the Jsonnet form of the workload and write its files.

usage: jsonnet_write.py BINDING SOURCE OUTPUT, run by a Python that has the binding (``_jsonnet`` or ``_gojsonnet``)
"""

import importlib
import json
import os
import sys


def main(binding: str, source: str, output: str) -> None:
    """Evaluate ``main.jsonnet``, a map of paths to texts, and write each."""
    evaluate = importlib.import_module(binding).evaluate_file
    for name, text in json.loads(evaluate(os.path.join(source, "main.jsonnet"))).items():
        path = os.path.join(output, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
