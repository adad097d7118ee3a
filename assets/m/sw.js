"use strict";
/* Keeps the page itself, so that it opens without a network; what it shows the page keeps on its own (phone.js).
   A new version waits until the page was closed: nothing changes under the thumb. Nothing else is ever answered here. */

const SHELL = "pingan-m-@version";
const DATA = "pingan-m-data";
const FILES = "@shell".split(" ");
const HOME = "/m/";

self.addEventListener("install", (event) => {
  const fresh = FILES.map((address) => new Request(address, { cache: "reload" }));
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("pingan-m-") && name !== SHELL && name !== DATA;
  const forget = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))));
  event.waitUntil(forget.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  let name = address.pathname + address.search;
  if (address.pathname === HOME) name = address.searchParams.get("lang") === "en" ? `${HOME}?lang=en` : HOME;
  if (!FILES.includes(name)) return;
  const kept = caches.open(SHELL).then((shell) => shell.match(name));
  event.respondWith(kept.then((answer) => answer || fetch(event.request)));
});
