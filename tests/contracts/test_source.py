"""What no file may contain, and what every setting must have."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import re
from pathlib import Path

import pytest

from geodata.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sorted(path for name in ("geodata", "layers", "callbacks") for path in (ROOT / name).rglob("*.py"))
PYTHON += [ROOT / "app.py"]
SCRIPTS = sorted((ROOT / "assets" / "js").rglob("*.js"))
ASSETS = sorted(
    path for path in (ROOT / "assets").rglob("*") if path.suffix in (".js", ".css", ".svg", ".html", ".json")
)
DANGEROUS = {
    "unpickling": r"\bpickle\b(?!\s*=\s*False)",
    "eval": r"(?<![\w.])eval\(",
    "exec": r"(?<![\w.])exec\(",
    "markup from text": r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write)\b",
    "leaflet's markup": r"\b(bindTooltip|bindPopup)\(",
    "dash's markup": r"dangerously_allow_html|dangerouslySetInnerHTML",
    "a function from text": r"\bnew Function\(|(?<![\w.])Function\(",
}
ALLOWED_ADDRESSES = ("http://www.w3.org/",)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_something_to_look_at() -> None:
    assert len(PYTHON) > 40
    assert len(SCRIPTS) > 5
    assert len(ASSETS) > 12


@pytest.mark.parametrize("what", DANGEROUS)
def test_nothing_dangerous_stands_in_the_code(what: str) -> None:
    found = [
        f"{relative(path)}:{number}: {line.strip()}"
        for path in (*PYTHON, *SCRIPTS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(DANGEROUS[what], line.replace("allow_pickle=False", ""))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("unpickling", "import pickle"),
        ("unpickling", "np.load(name, allow_pickle=True) or pickle.load(f)"),
        ("eval", "x = eval(text)"),
        ("exec", "exec(code)"),
        ("markup from text", "node.innerHTML = text"),
        ("leaflet's markup", "layer.bindTooltip(name)"),
        ("dash's markup", "dangerously_allow_html=True"),
        ("a function from text", "new Function(code)"),
    ],
)
def test_the_search_would_find_it(what: str, line: str) -> None:
    assert re.search(DANGEROUS[what], line.replace("allow_pickle=False", ""))


def test_arrays_are_never_read_with_pickles() -> None:
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load"):
                assert "allow_pickle=False" in ast.unparse(node), relative(path)


@pytest.mark.parametrize("path", ASSETS, ids=relative)
def test_an_asset_asks_no_other_host(path: Path) -> None:
    found = re.findall(r"""(?:https?:)?//[\w-]+(?:\.[\w-]+)+[^\s"'`)]*""", path.read_text(encoding="utf-8"))
    addresses = [address for address in found if address.startswith(("http:", "https:", "//"))]
    assert [a for a in addresses if not a.startswith(ALLOWED_ADDRESSES)] == []


@pytest.mark.parametrize("path", [p for p in ASSETS if p.suffix == ".css"], ids=relative)
def test_a_style_loads_nothing_from_elsewhere(path: Path) -> None:
    style = path.read_text(encoding="utf-8")
    assert "@import" not in style
    assert not re.search(r"url\(\s*[\"']?(?!data:|/assets|\.|#)", style)


def documented_fields(kind: type) -> set[str]:
    """Return the fields of a class that are followed by a docstring."""
    source = Path(ROOT / "geodata" / "settings.py").read_text(encoding="utf-8")
    body = next(n for n in ast.parse(source).body if isinstance(n, ast.ClassDef) and n.name == kind.__name__).body
    found = set()
    for field, after in itertools.pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            assert isinstance(field.target, ast.Name)
            sentence = str(after.value.value)
            assert sentence.endswith("."), field.target.id
            assert len(sentence.split()) > 4, field.target.id
            found.add(field.target.id)
    return found


def test_every_setting_has_a_sentence() -> None:
    assert documented_fields(Settings) == {field.name for field in dataclasses.fields(Settings)}


def test_every_setting_has_a_default_and_cannot_be_changed_later() -> None:
    settings = Settings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


def test_the_city_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGAN_CITY", "/data/city")
    assert Settings.from_env().city == Path("/data/city")
    monkeypatch.setenv("PINGAN_CITY", "")
    assert Settings.from_env().city == Path("city")
    monkeypatch.delenv("PINGAN_CITY")
    assert Settings.from_env() == Settings()


def test_the_server_listens_to_this_machine_only_unless_told_otherwise() -> None:
    assert Settings().host == "127.0.0.1"
    assert Settings().debug is False
