"""The page on the frameworks of today: its tables are those of the findings, and complete."""

import json
import runpy

import pytest
from support.pages import DOCS, read

from refkd.verify.bug_classes import BUGS
from refkd.verify.kits import kit_named
from refkd.verify.python_runner import PythonRunner
from refkd.verify.session import verify

SCRIPT = runpy.run_path(str(DOCS / "benchmarks" / "frameworks.py"))
PAGE = read(SCRIPT["PAGE"])
RECORDS = json.loads(read(SCRIPT["FINDINGS"]))
IMPLEMENTATIONS = SCRIPT["IMPLEMENTATIONS"]
FINDINGS = [(record, finding) for record in RECORDS for finding in record["findings"]]


def test_the_tables_are_those_of_the_findings():
    assert SCRIPT["page_of"](RECORDS, PAGE) == PAGE


def test_another_finding_would_be_seen():
    changed = json.loads(json.dumps(RECORDS))
    changed[0]["findings"][0]["words"] = "something else"
    assert SCRIPT["page_of"](changed, PAGE) != PAGE


def test_every_implementation_was_run():
    runs = [(entry.adapter, dtype) for entry in IMPLEMENTATIONS for dtype in entry.dtypes]
    assert [(record["adapter"], record["dtype"]) for record in RECORDS] == runs


@pytest.mark.parametrize(
    "record", RECORDS, ids=lambda entry: f"{entry['adapter']} {entry['dtype']}"
)
def test_a_record_is_that_of_one_run(record):
    start = f"refkd verify {record['kit']} refkd.verify.adapters.{record['adapter']} "
    assert record["command"].startswith(f"{start}--dtype {record['dtype']} --")
    assert not any("no answer in" in finding["words"] for finding in record["findings"])
    levels = {finding["level"] for finding in record["findings"]}
    assert record["exit_code"] == int("must" in levels)
    assert all(record["versions"].values())


@pytest.mark.parametrize(("record", "finding"), FINDINGS)
def test_every_finding_has_a_class_that_there_is_and_a_cause(record, finding):
    assert finding["bug"] in {*BUGS, ""}
    assert finding["cause"].endswith("."), f"{record['adapter']}: {finding['words']}"


@pytest.mark.compiled_once
@pytest.mark.parametrize("entry", IMPLEMENTATIONS, ids=lambda entry: entry.adapter)
def test_an_adapter_answers_a_case_where_its_library_is_installed(entry):
    if not SCRIPT["versions"](entry.packages):
        pytest.skip(f"{entry.packages[0]} is not installed")
    kit = kit_named(entry.kit)
    case = next(iter(kit.vectors())).name
    target = f"refkd.verify.adapters.{entry.adapter}"
    door = PythonRunner(target, kit.arguments, kit.results, time_limit=60.0)
    report = verify(kit, door, {"dtype": entry.dtypes[0]}, case=case)
    door.close()
    assert (report.asked, report.agreed) == (1, 1)
