// Making elements. Text goes in as text, never as markup, so that a name like "<img onerror=…>" is only a name.

const SVG = "http://www.w3.org/2000/svg";

/** h("button", {class: "quiet", onclick: f}, "Gửi"): attributes by name, `on…` as listeners, null and false left out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows only a picture; the label is what it is called and what the pointer tells. */
export function iconButton(name, label, onclick, more = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

let last = 0;
export const freshId = (prefix) => `${prefix}-${++last}`;

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
