"""The statements that rooms and the self-check offer, out of the instrument's file: part of `make messages`.

The anonymous door knows no instrument before a round was published, and a browser reads no YAML. So the file is copied
into one that goes into the pages, and a test sees when the two differ.
"""

import json
from pathlib import Path

import yaml

from tests.architecture.repository import ROOT, SOURCE

INSTRUMENT = SOURCE / "features/instruments/content/andon-core-1.1.0.yaml"
COPY = ROOT / "client/src/statements.json"


def copied(instrument: Path = INSTRUMENT) -> str:
    read = yaml.safe_load(instrument.read_text())
    kept = {
        "instrument": f"{read['id']} {read['version']}",
        "labels": read["scale"]["labels"],
        "facets": [{"id": facet["id"], "name": facet["name"]} for facet in read["facets"]],
        "statements": [
            {
                "code": statement["code"],
                "facet": statement["facet"],
                "reverse": statement["direction"] == "-",
                "wording": statement["wording"],
            }
            for statement in read["statements"]
        ],
    }
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    COPY.write_text(copied())
    print(f"{COPY.relative_to(ROOT)}: {INSTRUMENT.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
