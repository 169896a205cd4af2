// What a stage needs from the page and ipywidgets does not give: names for screen readers, a live region, and its looks.
// Runs once per page however often it is sent. Nothing here talks to the kernel.
(() => {
  const own = typeof element === "undefined" ? null : element;
  own?.closest?.(".jp-OutputArea-child")?.style.setProperty("display", "none");
  if (window.holdoutStage) { window.holdoutStage(); return; }

  const look = document.createElement("style");
  look.textContent = `
.holdout-stage { overflow: visible; padding: 2px 2px 6px; }
.holdout-stage .widget-image { border-radius: 4px; height: auto; }
.holdout-stage .widget-slider { margin: 2px 0; }
.holdout-stage .widget-slider .widget-label { text-align: left; }
.holdout-stage .holdout-long-choices .widget-readout { min-width: 17em; max-width: 17em; text-align: left; }
.holdout-stage .noUi-handle:not(:focus):not(.noUi-active) { border: 2px solid var(--jp-brand-color1, #1976d2); }
.holdout-readout .widget-html-content { line-height: 1.45; white-space: normal; overflow-wrap: anywhere; min-height: 1.45em;
  color: var(--jp-content-font-color1, inherit); font-size: var(--jp-content-font-size1, 14px); }
.holdout-stage:not(.holdout-predict) .holdout-readout .widget-html-content { min-height: 2.9em; }
.holdout-stage .widget-html { height: auto; }
img.holdout-stale { opacity: .3; filter: grayscale(1); }
.holdout-error { display: block; padding: 6px 10px; border-left: 4px solid #b00020; background: #fdecee; color: #5f0011; }
.holdout-trouble summary { cursor: pointer; color: var(--jp-content-font-color1, inherit); }
.holdout-trouble pre { overflow-x: auto; font-size: 12px; line-height: 1.35; white-space: pre;
  color: var(--jp-content-font-color1, inherit); background: var(--jp-layout-color2, #f5f5f5); padding: 8px; }`;
  document.head.append(look);

  const set = (node, name, value) => { if (value && node.getAttribute(name) !== value) node.setAttribute(name, value); };
  const name = () => {
    for (const stage of document.querySelectorAll(".holdout-stage")) {
      for (const row of stage.querySelectorAll(".widget-inline-hbox")) {
        const label = row.querySelector(".widget-label")?.textContent;
        const value = row.querySelector(".widget-readout")?.textContent;
        for (const handle of row.querySelectorAll("[role=slider]")) {
          set(handle, "aria-label", label);
          set(handle, "aria-valuetext", value);
        }
      }
      for (const region of stage.querySelectorAll(".holdout-readout")) set(region, "role", "status");
      const sentences = stage.querySelectorAll("[data-alt]");
      stage.querySelectorAll("img.widget-image").forEach((picture, i) => set(picture, "alt", sentences[i]?.dataset.alt));
      for (const block of stage.querySelectorAll("pre")) set(block, "tabindex", "0");
    }
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; name(); });
  };
  window.holdoutStage = soon;
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  name();
})();
