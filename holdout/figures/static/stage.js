// A live figure: its controls (views of ipywidgets), its picture, and a live region that says what it shows. A figure with one
// frame gets the next from the kernel; one with many holds them all, in the order of its controls, and needs no kernel.
const make = (tag, properties, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const set = (node, name, value) => { if (value && node.getAttribute(name) !== value) node.setAttribute(name, value); };

// ipywidgets gives a slider neither name nor unit: screen readers get what stands beside it. Keys are for the focused control:
// Notebook 7 would take the arrows for itself.
function prepare(controls) {
  for (const control of controls.querySelectorAll("[role=slider], input, select, button, textarea")) {
    set(control, "data-lm-suppress-shortcuts", "true");
  }
  for (const row of controls.querySelectorAll(".widget-inline-hbox")) {
    for (const handle of row.querySelectorAll("[role=slider]")) {
      set(handle, "aria-label", row.querySelector(".widget-label")?.textContent);
      set(handle, "aria-valuetext", row.querySelector(".widget-readout")?.textContent);
    }
  }
}

export default {
  async render({ model, el }) {
    const width = `${model.get("width")}px`;
    const controls = make("div", { className: "holdout-controls" });
    const picture = make("img", { className: "widget-image", decoding: "sync" });
    const status = make("div", { className: "holdout-readout" });
    const trace = make("div", { className: "holdout-trouble" });
    picture.style.width = width;
    set(status, "role", "status");
    el.append(controls, picture, status, trace);

    const manager = model.widget_manager;
    const children = await Promise.all(model.get("controls").map((ref) => manager.get_model(ref.slice("IPY_MODEL_".length))));
    const views = await Promise.all(children.map((child) => manager.create_view(child)));
    for (const view of views) {
      controls.append(view.el);
      view.trigger("displayed");
    }
    prepare(controls);
    const watch = new MutationObserver(() => prepare(controls));
    watch.observe(controls, { childList: true, characterData: true, subtree: true, attributeFilter: ["aria-valuetext"] });

    const urls = new Map();
    const url = (frame) => {
      if (!urls.has(frame)) {
        urls.set(frame, URL.createObjectURL(new Blob([frame.picture], { type: `image/${frame.kind}` })));
      }
      return urls.get(frame);
    };
    const forget = () => { urls.forEach((address) => URL.revokeObjectURL(address)); urls.clear(); };

    const show = () => {
      const frames = model.get("frames");
      const position = (before, child) => before * child.get("_options_labels").length + child.get("index");
      const frame = frames[frames.length > 1 ? children.reduce(position, 0) : 0];
      const { message, place, kept, traceback } = model.get("trouble");
      set(picture, "src", url(frame));
      picture.alt = message ? `Out of date. ${frame.alt}` : frame.alt;
      picture.classList.toggle("holdout-stale", Boolean(message));
      if (message) {
        const lines = [make("b", {}, message), make("br"), place, make("br"), kept];
        status.replaceChildren(make("span", { className: "holdout-error" }, ...lines));
        const code = make("pre", { tabIndex: 0 }, traceback);
        trace.replaceChildren(make("details", {}, make("summary", {}, "Traceback"), code));
      } else {
        status.textContent = frame.text;
        trace.replaceChildren();
      }
    };
    const renew = () => { forget(); show(); };
    model.on("change:frames", renew);
    model.on("change:trouble", show);
    for (const child of children) child.on("change:index", show);
    show();
    return () => {
      watch.disconnect();
      for (const child of children) child.off("change:index", show);
      for (const view of views) view.remove();
      forget();
    };
  },
};
