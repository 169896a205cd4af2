// The reading edition: sliders turn the pages of pictures drawn in advance, predictions are scored and kept in this browser.
// No library, no request to another host, and no server: a page opened as a file works too (a module would not).
(() => {
  "use strict";
  const data = (box) => JSON.parse(box.querySelector(":scope > script[type='application/json']").textContent);

  // -- figures
  const figure = (box) => {
    const { kind, labels, start, folder, frames } = data(box);
    const controls = [...box.querySelectorAll(".ho-controls input, .ho-controls select")];
    const picture = box.querySelector(".ho-picture");
    const readout = box.querySelector(".ho-readout");
    const place = (control) => (control.type === "checkbox" ? Number(control.checked) : Number(control.value));
    const put = (control, value) => {
      if (control.type === "checkbox") control.checked = value === 1; else control.value = value;
    };
    const say = (control, i) => {
      if (control.type !== "range") return;
      control.setAttribute("aria-valuetext", labels[i][place(control)]);
      control.parentElement.querySelector("output").textContent = labels[i][place(control)];
    };
    let loaded = null;
    const load = () => {  // all pictures, once, at the first sign that somebody will move a control
      loaded ??= Object.fromEntries(Object.values(frames).map(([file]) => {
        const image = new Image();
        image.src = folder + file;
        return [file, image];
      }));
      return loaded;
    };
    let newest = 0;
    const show = async (moved) => {
      if (kind === "axes") controls.forEach((control, i) => { if (control !== moved) put(control, start[i]); });
      controls.forEach(say);
      const [file, text, alt] = frames[controls.map(place).join(",")];
      const turn = ++newest;
      try { await load()[file].decode(); } catch { /* the picture is not there: its words are */ }
      if (turn !== newest) return;
      picture.src = folder + file;
      picture.alt = alt;
      readout.textContent = text;
    };
    for (const control of controls) {
      for (const sign of ["pointerenter", "pointerdown", "focus"]) control.addEventListener(sign, load, { once: true });
      control.addEventListener("input", () => show(control));
    }
  };

  // -- what this browser remembers
  const KEY = "holdout:predictions";
  let memory = {};  // where nothing may be kept, such as in a private window, a prediction lasts as long as its page
  const read = () => {
    try { memory = JSON.parse(localStorage.getItem(KEY)) ?? {}; } catch { /* as it is */ }
    return memory;
  };
  const write = (all) => {
    memory = all;
    try { localStorage.setItem(KEY, JSON.stringify(all)); return true; } catch { return false; }
  };

  // -- what scrolls sideways is reached by keyboard; what is hidden has no width yet, so this runs after each reveal
  const reach = () => {
    const boxes = "div.cell_output pre, div.cell_output table, div.highlight pre, div.table-wrapper, article table";
    for (const box of document.querySelectorAll(boxes)) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    }
  };

  // -- results that wait
  const slug = (id) => id.replace(/\W+/g, "-");
  const waiting = (id) => [...document.querySelectorAll(`div.cell.tag_ho-after-${slug(id)}`)];
  const open = new Set();
  const reveal = () => {
    for (const cell of document.querySelectorAll("div.cell[class*='tag_ho-after-']")) {
      const needed = [...cell.classList].filter((name) => name.startsWith("tag_ho-after-"));
      cell.classList.toggle("ho-shown", needed.every((name) => open.has(name.slice("tag_ho-after-".length))));
    }
    reach();
  };
  const hold = (id) => {
    for (const cell of waiting(id)) {
      // one note for cells that follow each other
      if (cell.querySelector(":scope > .ho-waiting") || waiting(id).includes(cell.previousElementSibling)) continue;
      const note = document.createElement("div");
      note.className = "ho-waiting";
      const words = document.createElement("span");
      words.append("The result is here when you have committed to ");
      const link = document.createElement("a");
      link.href = `#predict-${slug(id)}`;
      link.textContent = `prediction ${id}`;
      words.append(link, ".");
      const anyway = document.createElement("button");
      anyway.type = "button";
      anyway.textContent = "Show it anyway";
      anyway.addEventListener("click", () => {
        open.add(slug(id));
        reveal();
        const shown = cell.querySelector(".cell_output");
        if (shown) { shown.tabIndex = -1; shown.focus({ preventScroll: true }); }
      });
      note.append(words, anyway);
      cell.append(note);
    }
  };

  // -- predictions
  const percent = (share) => `${Math.round(share * 100)}%`;
  const prediction = (box) => {
    const { id, unit, within, truth, truth_text, reveal: more } = data(box);
    const form = box.querySelector("form");
    const radios = [...form.querySelectorAll("input[type=radio]")];
    const field = form.querySelector("input[type=text]");
    const confidence = form.querySelector("select");
    const verdict = box.querySelector(".ho-verdict");
    const words = (answer) => (radios.length
      ? radios.find((radio) => radio.value === answer)?.parentElement.textContent.trim().replace(/\.$/, "")
      : `${answer}${unit ? ` ${unit}` : ""}`);
    const right = (answer) => (radios.length
      ? answer === truth
      : Math.abs(answer - truth) <= within + 1e-9 * Math.max(1, Math.abs(truth)));
    const show = (kept) => {
      for (const radio of radios) { radio.checked = radio.value === kept.answer; radio.disabled = true; }
      if (field) { field.value = kept.answer; field.disabled = true; }
      confidence.value = String(kept.confidence);
      confidence.disabled = true;
      box.classList.add("ho-committed");
      const sentences = [`You committed: ${words(kept.answer)}, ${percent(kept.confidence)} sure.`];
      if (truth !== null) {
        const near = !radios.length && within ? ` (right means within ${within})` : "";
        sentences.push(right(kept.answer) ? "You were right." : "You were wrong.", "The answer:");
        verdict.textContent = `${sentences.join(" ")} `;
        const answer = document.createElement("span");
        answer.innerHTML = truth_text;  // made by the build, not by a reader
        verdict.append(answer, `${near}${/[.?!]$/.test(truth_text + near) ? "" : "."} `);
      } else verdict.textContent = `${sentences.join(" ")} `;
      if (more) {
        const rest = document.createElement("span");
        rest.innerHTML = more;
        verdict.append(rest);
      }
      open.add(slug(id));
      reveal();
    };
    hold(id);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      let answer = radios.find((radio) => radio.checked)?.value ?? "";
      if (field) {
        const typed = field.value.trim().replace(/\s*%?$/, "").replace("\u2212", "-");
        answer = typed === "" ? "" : Number(typed);
        if (Number.isNaN(answer)) {
          verdict.textContent = "Nothing is kept yet: write a number with a point, such as 12.5.";
          field.focus();
          return;
        }
      }
      if (answer === "") {
        verdict.textContent = "Nothing is kept yet: choose your answer first.";
        (field ?? radios[0]).focus();
      } else if (confidence.value === "") {
        verdict.textContent = "Nothing is kept yet: choose how sure you are.";
        confidence.focus();
      } else {
        const kept = { answer, confidence: Number(confidence.value), text: words(answer), right: truth === null ? null : right(answer) };
        write({ ...read(), [id]: kept });
        show(kept);
        verdict.tabIndex = -1;  // the button is gone: whoever uses the keyboard goes on here
        verdict.focus({ preventScroll: true });
      }
    });
    const kept = read()[id];
    // an answer to a question that has been rewritten since does not fit it
    if (kept && words(kept.answer) === kept.text) show(kept);
  };

  // -- the first page: all predictions of this browser
  const tally = (box) => {
    const all = read();
    const ids = (box.dataset.predictions ?? "").split(" ");
    const made = ids.map((id) => all[id]).filter(Boolean);
    box.textContent = "";
    if (!made.length) return;
    const scored = made.filter((one) => one.right !== null);
    const mean = scored.reduce((sum, one) => sum + one.confidence, 0) / scored.length;
    const share = scored.filter((one) => one.right).length;
    const text = document.createElement("p");
    text.textContent = `Your predictions in this browser: ${made.length} of ${ids.length}` + (scored.length
      ? `. You were right in ${share} of ${scored.length}, and on average ${percent(mean)} sure.` : ".");
    const forget = document.createElement("button");
    forget.type = "button";
    forget.textContent = "Delete them";
    forget.addEventListener("click", () => {
      write(Object.fromEntries(Object.entries(read()).filter(([id]) => !ids.includes(id))));
      box.textContent = "Deleted.";
    });
    box.append(text, forget);
  };

  const each = (selector, wire) => document.querySelectorAll(selector).forEach(wire);
  each(".ho-figure", figure);
  each(".ho-predict", prediction);
  each(".ho-tally", tally);
  reveal();
  addEventListener("resize", reach);
})();
