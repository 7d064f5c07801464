// A week is painted: what the pointer passes over becomes what its first cell became.
for (const table of document.querySelectorAll("[data-paint]")) {
  let turnsTo = null;
  const cellAt = (pointer) => document.elementFromPoint(pointer.clientX, pointer.clientY)?.closest("[data-paint] td")?.querySelector("input");
  table.addEventListener("pointerdown", (pointer) => {
    const cell = cellAt(pointer);
    if (!cell || pointer.button !== 0) return;
    pointer.preventDefault();
    turnsTo = !cell.checked;
    cell.checked = turnsTo;
    cell.focus();
  });
  table.addEventListener("pointermove", (pointer) => {
    const cell = turnsTo === null ? null : cellAt(pointer);
    if (cell && table.contains(cell)) cell.checked = turnsTo;
  });
  table.addEventListener("click", (click) => {
    // The pointer has painted already; Space on a focused cell has no pointer.
    if (click.detail > 0 && click.target.closest("td")) click.preventDefault();
  });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (turnsTo = null));
}
