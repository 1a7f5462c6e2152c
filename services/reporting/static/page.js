// Which page is shown, and when its parts are asked for again.

import { NotAllowed, remember } from "./api.js";
import { h, setClass, setText } from "./dom.js";
import { deskPage } from "./desk.js";
import { storyPage } from "./story.js";
import { listPage } from "./tickets.js";
import { ZONE } from "./words.js";

const main = document.getElementById("main");
const state = document.getElementById("state");
const stateText = document.getElementById("state-text");
let current = null;

function pageOf(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [first, ...rest] = path.split("/").map(decodeURIComponent);
  if (first === "tickets" && rest.length) return storyPage(rest.join("/"));
  return first === "tickets" ? listPage(new URLSearchParams(query)) : deskPage();
}

function show() {
  if (location.hash === "#main") return;
  if (current) current.stop();
  const page = pageOf(location.hash);
  document.title = `${page.title} – Deskstream`;
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === page.nav) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  main.replaceChildren(page.node);
  current = run(page);
}

/** Asks for each part at its own pace; not while nobody looks, and slower while nothing answers. */
function run(page) {
  let stopped = false;
  const wakers = new Set();
  const pause = (milliseconds) => new Promise((resolve) => {
    const waker = () => { clearTimeout(timer); wakers.delete(waker); resolve(); };
    const timer = setTimeout(waker, milliseconds);
    wakers.add(waker);
  });

  async function loop(refresh, every) {
    let failures = 0;
    while (!stopped) {
      if (!document.hidden) {
        try {
          await refresh();
          failures = 0;
          if (!stopped) tell("live", "live");
        } catch (error) {
          if (stopped) return;
          if (error instanceof NotAllowed) { stop(); signIn(error.message); return; }
          failures += 1;
          tell("lost", "no answer");
          console.warn(error);
        }
      }
      await pause(every * Math.min(2 ** failures, 8));
    }
  }

  const wake = () => { for (const waker of [...wakers]) waker(); };
  const stop = () => { stopped = true; wake(); document.removeEventListener("visibilitychange", wake); };
  document.addEventListener("visibilitychange", wake);
  if (page.listen) page.listen(wake);
  for (const [refresh, every] of page.parts) loop(refresh, every);
  return { stop };
}

function tell(kind, text) {
  setClass(state, `state ${kind}`);
  setText(stateText, text);
}

function signIn(reason) {
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true, "aria-label": "API token" });
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); remember(input.value); show(); } }, input, h("button", {}, "Show"));
  tell("lost", "not signed in");
  main.replaceChildren(h("div", { class: "notice" }, h("h1", {}, "A token is needed"), h("p", {}, reason), form));
  input.focus();
}

document.getElementById("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = document.getElementById("number");
  const wanted = input.value.trim();
  if (!wanted) return;
  location.hash = `#/tickets/${encodeURIComponent(/^\d+$/.test(wanted) ? `TKT-${wanted}` : wanted)}`;
  input.value = "";
});

setText(document.getElementById("zone"), `Times in ${ZONE}`);
window.addEventListener("hashchange", () => { show(); main.focus({ preventScroll: true }); window.scrollTo(0, 0); });
show();
