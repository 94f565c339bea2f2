// Measures the pages in the frames of report_browser_test.py. Not part of the report.
"use strict";

// Labels may touch: their boxes are higher and wider than their letters.
const TOUCH = 2;

function overlap(one, other) {
  return Math.min(one.right, other.right) - Math.max(one.left, other.left) > TOUCH &&
      Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > TOUCH + 3;
}

function drawings(page, found) {
  for (const drawing of page.querySelectorAll("svg")) {
    if (drawing.getAttribute("role") === "img") {
      const told = (part) => drawing.querySelector(":scope > " + part);
      found.untold += told("title") && told("desc") ? 0 : 1;
    }
    const frame = drawing.getBoundingClientRect();
    const scale = frame.width / (drawing.viewBox.baseVal.width || frame.width);
    const labels = [...drawing.querySelectorAll("text")].map(
        (label) => ({words: label.textContent, box: label.getBoundingClientRect(), label}));
    for (const [at, {words, box, label}] of labels.entries()) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 3 ||
          box.bottom > frame.bottom + 3) {
        found.cut.push(words);
      }
      smaller(found, parseFloat(page.defaultView.getComputedStyle(label).fontSize) * scale, words);
      for (const other of labels.slice(at + 1)) {
        if (overlap(box, other.box)) found.overlapping.push(words + " | " + other.words);
      }
    }
  }
}

function smaller(found, size, words) {
  if (size < found.smallest.size) found.smallest = {size, words: words.slice(0, 60)};
}

function words(page, found, room) {
  for (const element of page.body.querySelectorAll("*")) {
    if (element.closest("svg") && element.localName !== "svg") continue;
    if (!element.closest(".box") || element.matches(".box")) {
      if (element.getBoundingClientRect().right > room + 0.5) {
        found.wide.push([element.localName, ...element.classList].join("."));
      }
    }
    const own = [...element.childNodes].filter(
        (node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (own.length) {
      smaller(found, parseFloat(page.defaultView.getComputedStyle(element).fontSize), own[0].data);
    }
  }
}

function measure(frame) {
  const page = frame.contentDocument;
  const room = frame.clientWidth;
  const found = {room, width: page.documentElement.scrollWidth, wide: [], cut: [], overlapping: [],
                 smallest: {size: Infinity, words: ""}, plots: {}, twice: [], untold: 0,
                 scripts: page.querySelectorAll("script").length};
  words(page, found, room);
  drawings(page, found);
  for (const plot of page.querySelectorAll("[data-plot]")) {
    const curves = [...plot.querySelectorAll("[data-count]")];
    const marks = curves.length ? curves.reduce((sum, one) => sum + Number(one.dataset.count), 0) :
                                  plot.querySelectorAll("[data-mark]").length;
    found.plots[plot.dataset.plot] = {told: Number(plot.dataset.points), marks};
  }
  const seen = new Set();
  for (const {id} of page.querySelectorAll("[id]")) {
    if (seen.has(id)) found.twice.push(id);
    seen.add(id);
  }
  return found;
}

addEventListener("load", () => {
  const all = {};
  for (const frame of document.querySelectorAll("iframe")) all[frame.name] = measure(frame);
  document.getElementById("found").textContent = JSON.stringify(all);
});
