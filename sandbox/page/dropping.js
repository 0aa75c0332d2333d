// Files dragged onto a phone.

export function acceptDrops(screen, onfiles) {
  let depth = 0; // entering a child comes before leaving its parent, so count instead of trusting either

  function on(name, step, then) {
    screen.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return; // dragged text or a link is the browser's business
      event.preventDefault();
      depth = step === null ? 0 : depth + step;
      screen.classList.toggle("dropping", depth > 0);
      then?.(event.dataTransfer.files);
    });
  }

  on("dragenter", 1);
  on("dragleave", -1);
  on("dragover", 0);
  on("drop", null, onfiles);
}
