"""A programming interface against its own OpenAPI document: it is asked what the document lets one ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.callbacks import UNPACKED, app_of

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def asked_by_document(folder: Path, address: str) -> dict[str, int]:
    """Ask every operation of a document, the one of the document itself left out; return how often each was asked."""
    schema = schemathesis.openapi.from_wsgi(address, app_of(folder).server)
    operations = [found.ok() for found in schema.get_all_operations()]
    return {operation.path: _asked(operation) for operation in operations}


def _asked(operation: Any) -> int:
    asked = 0

    @hypothesis.settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy())
    def call(case: Any) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(checks=CHECKS, headers=UNPACKED)

    call()
    return asked
