"""The page itself, written once for each language; it holds nothing of any city, so that a phone may keep it."""

from __future__ import annotations

import html
import json
from typing import Any

from layers.phone.answer import words
from layers.phone.view import PATH
from layers.text import text

STYLE, SCRIPT, ICON = "phone.css", "phone.js", "icon.svg"
ICONS = {"icon-192.png": "192x192", "icon-512.png": "512x512"}
PAPER = "#ffffff"


def page(lang: str, addresses: dict[str, str]) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    lang
        ``zh`` or ``en``.
    addresses
        Of its style, script and icons, by file name.
    """

    def say(key: str) -> str:
        return html.escape(text(lang, key))

    other = PATH if lang == "en" else f"{PATH}?lang=en"
    return f"""<!doctype html>
<html lang="{"en" if lang == "en" else "zh-CN"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="theme-color" content="{PAPER}">
<meta name="referrer" content="no-referrer">
<title>{say("phone_title")}</title>
<link rel="manifest" href="{PATH}manifest.webmanifest">
<link rel="icon" href="{addresses[ICON]}" type="image/svg+xml">
<link rel="apple-touch-icon" href="{addresses["icon-192.png"]}">
<link rel="stylesheet" href="{addresses[STYLE]}">
<script src="{addresses[SCRIPT]}" defer></script>
</head>
<body data-words="{html.escape(words(lang))}" data-lang="{lang}">
<header>
<p id="simulated" class="simulated" hidden></p>
<div class="top">
<p><span id="mine">{say("phone_title")}</span><span id="within"></span></p>
<h1 id="name">{say("phone_title")}</h1>
<p id="age" class="age" role="status">{say("phone_loading")}</p>
</div>
</header>
<noscript><p class="card">{say("phone_no_script")}</p></noscript>
<main id="place" hidden>
<section class="map-card" aria-label="{say("phone_map")}">
<svg id="map" role="group" aria-label="{say("phone_map")}"></svg>
<div class="zoom">
<button type="button" id="nearer" aria-label="{say("phone_nearer")}">+</button>
<button type="button" id="farther" aria-label="{say("phone_farther")}">−</button>
<button type="button" id="whole" aria-label="{say("phone_fit")}">⤢</button>
</div>
</section>
<section class="card">
<h2>{say("phone_spots")}</h2>
<p id="said" class="said"></p>
<ol id="spots" class="spots"></ol>
<p id="note" class="note"></p>
</section>
<section class="card">
<h2>{say("phone_numbers")} <small id="period"></small></h2>
<dl id="numbers" class="numbers"></dl>
</section>
<section class="card">
<h2>{say("phone_units")}</h2>
<ul id="units" class="units"></ul>
<p id="no-unit" class="note"></p>
</section>
<p class="more"><a id="atlas" class="button" href="/">{say("phone_atlas")}</a></p>
</main>
<main id="choose" hidden>
<section class="card">
<button type="button" id="locate" class="button first">{say("phone_locate")}</button>
<p class="note">{say("phone_locate_note")}</p>
<label for="query">{say("phone_search")}</label>
<input id="query" type="search" autocomplete="off" maxlength="40" enterkeyhint="search">
<p id="found-said" class="note" role="status"></p>
<ul id="found" class="list"></ul>
</section>
<section class="card">
<h2 id="inside">{say("phone_list")}</h2>
<ul id="list" class="list"></ul>
</section>
</main>
<nav class="bar" aria-label="{say("phone_bar")}">
<button type="button" id="change">{say("phone_change_place")}</button>
<button type="button" id="refresh">{say("phone_refresh")}</button>
<a id="language" href="{other}" lang="{"zh-CN" if lang == "en" else "en"}">{say("language")}</a>
</nav>
</body>
</html>
"""


def manifest(addresses: dict[str, str]) -> str:
    """Return what a phone needs to put the page on its home screen, as JSON."""
    icons: list[dict[str, Any]] = [{"src": addresses[ICON], "sizes": "any", "type": "image/svg+xml"}]
    for name, sizes in ICONS.items():
        icons.append({"src": addresses[name], "sizes": sizes, "type": "image/png", "purpose": "any maskable"})
    told = {
        "id": PATH,
        "name": text("zh", "phone_app"),
        "short_name": text("zh", "phone_title"),
        "lang": "zh-CN",
        "start_url": PATH,
        "scope": PATH,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": icons,
    }
    return json.dumps(told, ensure_ascii=False)
