// What this device keeps for when it is offline: times and neutral words, encrypted under a key
// that no script can read out. Signing out destroys the key, and with it all that was kept.
const NAME = "careweave";

function opened() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function within(mode, act) {
  const base = await opened();
  return new Promise((done, failed) => {
    const asked = act(base.transaction("kept", mode).objectStore("kept"));
    asked.onsuccess = () => (base.close(), done(asked.result));
    asked.onerror = () => (base.close(), failed(asked.error));
  });
}

const read = (name) => within("readonly", (store) => store.get(name));
const write = (name, value) => within("readwrite", (store) => store.put(value, name));

async function key() {
  const known = await read("key");
  if (known) return known;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await write("key", made);
  return made;
}

export async function keep(text) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), new TextEncoder().encode(text));
  await write("visits", { iv, data });
}

export async function kept() {
  const [known, sealed] = [await read("key"), await read("visits")];
  if (!known || !sealed) return null;
  const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, known, sealed.data);
  return JSON.parse(new TextDecoder().decode(text));
}

export async function forget() {
  await within("readwrite", (store) => store.clear());
  for (const name of await caches.keys()) await caches.delete(name);
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
}
