// Between a patient's pages and the network. It keeps no page and no answer of theirs: only the
// empty page for when the network does not answer, which reads what the device keeps encrypted.
const SHELF = "careweave-offline-1";
const EMPTY = ["/offline", "/static/style.css", "/static/patient.css", "/static/offline.js", "/static/keeping.js", "/static/icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll(EMPTY)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name !== SHELF).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match("/offline")));
  else if (EMPTY.includes(address.pathname)) event.respondWith(fetch(request).catch(() => caches.match(address.pathname)));
});
