// What scripts say: written in English, with the page's translations where it brings any.
const brought = document.getElementById("words");
const translated = brought ? JSON.parse(brought.textContent) : {};

// Why a time does not work: the service says it in English, by a rule whose words the page brings.
export const sayWhy = ({ rule, says }) => translated[`rule ${rule}`] ?? says;

export function say(english, values = {}) {
  return (translated[english] ?? english).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
