// Vital signs by one hand: one field after the other, large keys, and a question where a value is
// unusual. What is unusual, the service has written beside each field.
const coarse = matchMedia("(pointer: coarse)");

export function readyVitals(form) {
  form.dataset.ready = "";
  const pad = form.querySelector(".pad");
  const numbers = [...form.querySelectorAll("input[type=number]")];
  const ask = form.querySelector("[data-ask]");
  const sure = new Map();
  let active = null;

  const choose = (input) => {
    active = input;
    for (const one of numbers) one.closest(".field").toggleAttribute("data-active", one === input);
  };
  const isOpen = (input) => input.closest("details.more-signs:not([open])") === null;
  const isFull = (input) => input.value !== "" && Number(input.value) * 10 > Number(input.max);

  function isDoubtful(input) {
    if (input.value === "" || sure.get(input.name) === input.value) return false;
    const value = Number(input.value);
    const { asksLow, asksHigh } = input.dataset;
    const upper = form.elements.systolic;
    const crossed = input.name === "diastolic" && upper.value !== "" && value >= Number(upper.value);
    return crossed || (asksLow !== undefined && value <= Number(asksLow)) || (asksHigh !== undefined && value >= Number(asksHigh));
  }

  // Ask once whether a value is right; `after` goes on where it is.
  function question(input, after) {
    const [label] = input.labels;
    ask.querySelector("[data-what]").textContent = `${label.firstChild.textContent.trim()} ${input.value}`;
    ask.hidden = false;
    const yes = ask.querySelector("[data-yes]");
    const no = ask.querySelector("[data-no]");
    yes.type = "button";
    no.hidden = false;
    yes.onclick = () => {
      sure.set(input.name, input.value);
      ask.hidden = true;
      after();
    };
    no.onclick = () => {
      input.value = "";
      ask.hidden = true;
      input.focus();
    };
    yes.focus();
  }

  function onward(input) {
    if (isDoubtful(input)) return question(input, () => onward(input));
    const after = numbers.slice(numbers.indexOf(input) + 1).find((one) => one.value === "" && isOpen(one));
    if (after) return after.focus();
    const open = [...form.querySelectorAll(".yes-no")].find((group) => !group.querySelector(":checked") && isOpen(group));
    (open?.querySelector("input") ?? form.querySelector(".record")).focus();
    choose(null);
  }

  form.mayBeSent = () => {
    const doubtful = numbers.find((input) => input.checkValidity() && isDoubtful(input));
    if (doubtful) {
      question(doubtful, () => form.requestSubmit());
      return false;
    }
    const typed = [...form.querySelectorAll(".fields input")].some((input) => (input.type === "radio" ? input.checked : input.value !== ""));
    if (!typed) (numbers.find(isOpen) ?? numbers[0]).focus();
    return typed;
  };
  form.isSure = () => sure.size > 0;

  for (const input of numbers) {
    if (coarse.matches) input.inputMode = "none"; // our keys instead of the device's
    input.addEventListener("focus", () => choose(input));
    input.addEventListener("input", () => isFull(input) && onward(input));
    input.addEventListener("keydown", (key) => {
      if (key.key !== "Enter" || input.value === "") return;
      key.preventDefault();
      onward(input);
    });
  }
  pad.hidden = false;
  pad.addEventListener("pointerdown", (press) => press.preventDefault()); // the field keeps the focus
  pad.addEventListener("click", (press) => {
    const key = press.target.closest("button");
    if (!key) return;
    const input = active ?? numbers.find((one) => one.value === "") ?? numbers[0];
    if (input !== document.activeElement) input.focus();
    if ("onward" in key.dataset) return onward(input);
    if ("erase" in key.dataset) input.value = input.value.slice(0, -1);
    else if (Number(input.value + key.dataset.digit) <= Number(input.max)) input.value += key.dataset.digit;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
