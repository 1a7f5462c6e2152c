// Builds and updates the page. Text is only ever set as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function s(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name) {
  if (node.getAttribute("class") !== name) node.setAttribute("class", name);
}

export function setHref(node, href) {
  if (node.getAttribute("href") !== href) node.setAttribute("href", href);
}

/** Shows `items` in order, one node each; a node is kept as long as its key is, with its focus. */
export function keyed(parent, items, { key, make, update = () => {} }) {
  const known = (parent.known ??= new Map());
  const first = known.size === 0;
  const wanted = new Set();
  let place = parent.firstChild;
  for (const item of items) {
    const id = key(item);
    if (wanted.has(id)) continue;
    wanted.add(id);
    let node = known.get(id);
    if (!node) {
      node = make(item);
      if (!first) node.classList.add("fresh");
      known.set(id, node);
    }
    update(node, item);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  for (const [id, node] of known) {
    if (wanted.has(id)) continue;
    node.remove();
    known.delete(id);
  }
}

export function bar(kind = "") {
  return h("div", { class: `bar ${kind}`, "aria-hidden": "true" }, h("i"));
}

export function setBar(node, share) {
  const width = `${Math.round(Math.min(Math.max(share, 0), 1) * 1000) / 10}%`;
  if (node.firstChild.style.width !== width) node.firstChild.style.width = width;
}

export function card(title, { className = "", beside = null } = {}, ...children) {
  const id = `card-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return h(
    "section",
    { class: `card ${className}`, "aria-labelledby": id },
    h("header", {}, h("h2", { id }, title), beside),
    ...children,
  );
}
