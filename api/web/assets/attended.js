// Whether somebody is there: a page that renews itself keeps nobody signed in who has left, unless
// it watches over a dose, for an alarm must not go with a sign-in.
let touched = true;
for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"]) {
  addEventListener(kind, () => (touched = true), { passive: true, capture: true });
}

// What goes along with a question that a page asks by itself, since the last such question.
export function byItself() {
  const watches = document.querySelector("[data-watched]") !== null;
  const headers = touched || watches ? {} : { "X-By-Itself": "1" };
  touched = false;
  return headers;
}
