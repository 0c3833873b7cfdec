"use strict";
// Shared by every page: reads the data block, builds elements. Text only ever enters through textContent.
const DATA = JSON.parse(document.getElementById("data").textContent);
const T = (key) => DATA.labels["page." + key] ?? key;
const L = (kind, name) => DATA.labels[kind + "." + name] ?? String(name).replaceAll("_", " ");
const $ = (id) => document.getElementById(id);
function h(tag, props, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "on") for (const [name, act] of Object.entries(value)) made.addEventListener(name, act);
    else if (key === "class") made.className = value;
    else if (key === "style") for (const [name, to] of Object.entries(value)) made.style.setProperty(name, to);
    else made.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child === undefined || child === null || child === false) continue;
    made.append(typeof child === "object" ? child : document.createTextNode(String(child)));
  }
  return made;
}
function svg(tag, props, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(props)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000)), pad = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}` : `${Math.floor(s / 60)}:${pad(s % 60)}`;
}
function ink(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }
function band(score) { return score === null ? "" : score >= 85 ? "high" : score >= 60 ? "mid" : "low"; }
const ICON = { pass: "✓", fail: "✗", unsure: "?", not_applicable: "–" };
for (const place of document.querySelectorAll("[data-t]")) place.textContent = T(place.dataset.t);
// Tells, once the page stands on the screen and is read to its end, that it does, and after how many milliseconds.
function painted() {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    document.body.dataset.ready = Math.round(performance.now());
    const tell = () => document.dispatchEvent(new Event("painted"));
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => setTimeout(tell)); else setTimeout(tell);
  }));
}
