"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const store = "cutover-label:" + data.run;
  const says = { "1": ["pass", "fail"], l: ["pass", "fail"], "2": ["fail", "pass"], r: ["fail", "pass"], b: ["pass", "pass"], n: ["fail", "fail"] };
  const id = (pair) => [pair.case, ...pair.answers].join(" ");
  // What hides or reorders text is made visible.
  const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
  const shown = (text) => text.replace(hidden, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");
  let state = { said: {}, order: [], by: data.by || "" };
  try {
    state = Object.assign(state, JSON.parse(localStorage.getItem(store)) || {});
  } catch {
    // A browser that keeps nothing shows the page all the same.
  }
  const skipped = new Set();
  const save = () => {
    try {
      localStorage.setItem(store, JSON.stringify(state));
    } catch {
      at("progress").textContent += " (this browser keeps nothing: save the labels before you leave)";
    }
  };
  const next = () => data.pairs.find((pair) => !(id(pair) in state.said) && !skipped.has(id(pair)));
  const show = () => {
    const pair = next();
    const labelled = data.pairs.filter((pair) => id(pair) in state.said).length;
    at("title").textContent = shown(data.suite) + ": which is right?";
    at("progress").textContent = labelled + " of " + data.pairs.length + " labelled" + (skipped.size ? ", " + skipped.size + " skipped" : "");
    at("main").hidden = !pair;
    at("done").hidden = Boolean(pair);
    if (!pair) return;
    at("case").textContent = (data.pairs.indexOf(pair) + 1) + " of " + data.pairs.length + " · " + shown(pair.case);
    at("question").textContent = shown(pair.question);
    at("conversation").textContent = shown(pair.conversation);
    at("left").textContent = shown(pair.texts[0]);
    at("right").textContent = shown(pair.texts[1]);
    at("more").open = false;
    for (const part of ["question", "left", "right"]) at(part).scrollTop = 0;
  };
  const press = (key) => {
    const pair = next();
    if (key === "u") {
      const last = state.order.pop();
      if (last !== undefined) {
        delete state.said[last];
        skipped.delete(last);
      }
    } else if (!pair) {
      return;
    } else if (key === "a") {
      at("more").open = !at("more").open;
      return;
    } else if (key === "s") {
      skipped.add(id(pair));
    } else if (says[key]) {
      state.said[id(pair)] = says[key];
      state.order.push(id(pair));
    } else {
      return;
    }
    save();
    show();
  };
  at("by").value = state.by;
  at("by").addEventListener("input", () => {
    state.by = at("by").value.trim();
    save();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target === at("by") || event.ctrlKey || event.metaKey || event.altKey) return;
    press(event.key.toLowerCase());
  });
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => press(button.dataset.key));
  }
  at("export").addEventListener("click", () => {
    const lines = [];
    for (const pair of data.pairs) {
      const said = state.said[id(pair)];
      if (!said) continue;
      pair.answers.forEach((answer, side) => {
        const label = { case: pair.case, answer, outcome: said[side] };
        if (state.by) label.by = state.by;
        lines.push(JSON.stringify(label) + "\n");
      });
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(lines, { type: "application/jsonl" }));
    link.download = "labels-" + data.run + ".jsonl";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  show();
})();
