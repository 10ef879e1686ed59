"""The published schema of packs says what the reader says."""

import datetime
import json

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft202012Validator, FormatChecker

from frameworks.packs import find_packs

SCHEMA = json.loads((settings.BASE_DIR / "docs" / "framework-pack.schema.json").read_text())
PACKS = [
    *find_packs(settings.BASE_DIR / "fixtures" / "frameworks"),
    *find_packs(settings.BASE_DIR / "tests" / "frameworks" / "made_up"),
]


def as_json(path):
    """Return a YAML file as an editor would check it: days are texts there."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))


def faults(content, part=""):
    schema = SCHEMA | ({"$ref": f"#/$defs/{part}"} if part else {})
    for name in ("type", "properties", "required", "additionalProperties") if part else ():
        schema.pop(name)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(content)]


def test_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.name)
def test_every_pack_keeps_to_it(path):
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]

    for file in files:
        part = file.stem if file.stem in SCHEMA["$defs"] else ""
        assert faults(as_json(file), part) == []


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"unit": "days"}, "row"),
        ({"kind": "wish"}, "row"),
        ({"titel": "T"}, "row"),
        ({"code": "two words"}, "row"),
        ({"title": ""}, "row"),
        ({"proxy_value": -1}, "row"),
        ({"mental_health": "perhaps"}, "criterion"),
        ({"published_on": str(datetime.date.min).replace("0001", "soon")}, ""),
    ],
)
def test_a_fault_the_reader_tells_is_one_of_the_schema(change, part):
    good = {
        "row": {"kind": "outcome", "code": "O1", "title": "T", "source": "S"},
        "criterion": {
            "code": "C",
            "title": "T",
            "meaning": "M",
            "good_evidence": "G",
            "source": "S",
        },
        "": {"code": "f", "version": "1", "title": "T", "source": "S"},
    }[part]

    assert faults(good, part) == []
    assert len(faults(good | change, part)) == 1
