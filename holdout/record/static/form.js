// A form in a cell: parts that the kernel describes, built of the browser's own controls, and a live region. What is chosen
// and typed stays here until a button is pressed.
const make = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const written = (html) => make("span", { innerHTML: html });

function control(tag, part, properties) {
  const node = make(tag, { disabled: Boolean(part.disabled), ...properties });
  node.dataset.part = part.name;
  // JupyterLab looks for its shortcuts from the focused element upwards ("00" would ask to restart the kernel)
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  return node;
}

// not crypto.randomUUID: a server without TLS has none
const unique = () => `holdout-${Math.random().toString(36).slice(2)}`;

// Each kind of part: its node, and for one that has a value how that is read.
const kinds = {
  html(part) {
    const node = make("div", { innerHTML: part.html });
    if (part.focus) Object.assign(node, { tabIndex: -1 }).setAttribute("data-lm-suppress-shortcuts", "true");
    return [node];
  },
  choice(part) {
    const name = unique();
    const radios = part.options.map(([, value]) => control("input", part, { type: "radio", name, checked: value === part.value }));
    const rows = part.options.map(([html], place) => make("label", {}, radios[place], written(html)));
    const node = make("fieldset", {}, make("legend", {}, part.label), ...rows);
    node.setAttribute("role", "radiogroup");
    return [node, () => part.options[radios.findIndex((radio) => radio.checked)]?.[1] ?? null];
  },
  list(part) {
    const options = part.options.map(([text, value]) => make("option", { selected: value === part.value }, text));
    const list = control("select", part);
    list.append(...options);
    return [make("label", {}, part.label, list), () => part.options[list.selectedIndex][1]];
  },
  text(part) {
    const field = control("input", part, { type: "text", value: part.value ?? "", placeholder: part.placeholder ?? "" });
    const node = make("label", {}, part.label, field);
    if (part.suggestions?.length) {
      const id = unique();
      field.setAttribute("list", id);
      node.append(make("datalist", { id }, ...part.suggestions.map((value) => make("option", { value }))));
    }
    return [node, () => field.value];
  },
  tick(part) {
    const box = control("input", part, { type: "checkbox", checked: Boolean(part.value) });
    return [make("label", {}, box, written(part.label)), () => box.checked];
  },
  buttons(part, press) {
    const button = ([name, label, primary]) => control("button", { name }, {
      textContent: label, onclick: () => press(name), className: `jupyter-button widget-button ${primary ? "mod-primary" : ""}`,
    });
    return [make("div", {}, ...part.buttons.map(button))];
  },
};

export default {
  render({ model, el }) {
    const parts = make("div", { className: "holdout-parts" });
    const status = make("div", { className: "holdout-readout" });
    const result = make("div");
    status.setAttribute("role", "status");
    el.append(parts, status, result);

    let read = [];
    const press = (name) => model.send({ press: name, values: Object.fromEntries(read.map(([part, value]) => [part, value()])) });
    const build = () => {
      const held = parts.contains(document.activeElement) ? document.activeElement.dataset.part : null;
      const built = model.get("parts").map((part) => {
        const [node, value] = kinds[part.kind](part, press);
        node.classList.add(`holdout-${part.kind}`);
        node.classList.toggle("holdout-short", Boolean(part.short));
        if (part.tells) node.addEventListener("change", () => press(part.name));
        return [part, node, value];
      });
      read = built.filter(([, , value]) => value).map(([part, , value]) => [part.name, value]);
      parts.replaceChildren(...built.map(([, node]) => node));
      // where reading goes on after a click that has replaced what stood there: at the new head, else at the same control
      if (held) parts.querySelector(`.holdout-html[tabindex], [data-part="${held}"]:enabled`)?.focus();
    };
    const say = () => { status.innerHTML = model.get("said"); };
    const conclude = () => { result.innerHTML = model.get("result"); };
    model.on("change:parts", build);
    model.on("change:said", say);
    model.on("change:result", conclude);
    build();
    say();
    conclude();
  },
};
