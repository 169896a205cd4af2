// What a prediction needs from the page: radio buttons that are one group for the keyboard and for screen readers, and
// keys that reach them ("00" in a list would otherwise ask to restart the kernel). Runs once per page.
(() => {
  if (window.holdoutPredict) { window.holdoutPredict(); return; }
  let groups = 0;
  const label = () => {
    // on each control: JupyterLab looks for its shortcuts from the focused element upwards
    for (const control of document.querySelectorAll(".holdout-predict :is(input, select, button)")) {
      control.setAttribute("data-lm-suppress-shortcuts", "true");
    }
    for (const group of document.querySelectorAll(".holdout-predict .widget-radio-box:not([role])")) {
      group.setAttribute("role", "radiogroup");
      group.setAttribute("aria-label", group.parentElement.querySelector(".widget-label")?.textContent ?? "Your answer");
      groups += 1;
      group.dataset.group = `holdout-predict-${groups}`;
    }
    for (const radio of document.querySelectorAll(".holdout-predict input[type=radio]:not([name])")) {
      radio.name = radio.closest("[data-group]")?.dataset.group ?? "";
    }
    // where reading goes on after a click that has replaced what stood there
    for (const place of document.querySelectorAll(".holdout-predict [data-holdout-focus]")) {
      place.removeAttribute("data-holdout-focus");
      place.tabIndex = -1;
      place.setAttribute("data-lm-suppress-shortcuts", "true");
      place.focus();
    }
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; label(); });
  };
  window.holdoutPredict = soon;
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  label();
})();
