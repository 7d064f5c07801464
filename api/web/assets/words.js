// What scripts say: written in English, with the page's translations where it brings any.
const brought = document.getElementById("words");
const translated = brought ? JSON.parse(brought.textContent) : {};

export function say(english, values = {}) {
  return (translated[english] ?? english).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
