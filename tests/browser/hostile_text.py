"""Texts that try to become alive in a page, and a look for anything alive in a real browser."""

TAKE_OVER = "document.title='taken over'"
VECTORS = (
    f'<img src=x onerror="{TAKE_OVER}">',
    f"<svg onload={TAKE_OVER}>",
    f"<svg><animate onbegin={TAKE_OVER} attributeName=x dur=1s>",
    f"<script>{TAKE_OVER}</script>",
    f"</script><script>{TAKE_OVER}</script>",
    f"</title><script>{TAKE_OVER}</script>",
    f"</textarea><script>{TAKE_OVER}</script>",
    f"</style><script>{TAKE_OVER}</script>",
    f"<scr<script>ipt>{TAKE_OVER}</script>",
    f'"><img src=x onerror={TAKE_OVER}>',
    f"'><img src=x onerror={TAKE_OVER}>",
    f'";{TAKE_OVER};//',
    f"';{TAKE_OVER};//",
    f'\\";{TAKE_OVER};//',
    f"[click](javascript:{TAKE_OVER})",
    f"[click](  JaVaScRiPt:{TAKE_OVER})",
    f"[click](java\tscript:{TAKE_OVER})",
    f"[click](&#106;avascript:{TAKE_OVER})",
    f"[click][one]\n\n[one]: javascript:{TAKE_OVER}",
    f"<javascript:{TAKE_OVER}>",
    "[click](data:text/html;base64,PHNjcmlwdD5kb2N1bWVudC50aXRsZT0ndGFrZW4gb3Zlcic8L3NjcmlwdD4=)",
    "[click](vbscript:x)",
    f'![x](x" onerror="{TAKE_OVER})',
    "![x](https://elsewhere.example/pixel.png)",
    "![x](attachment:missing.png)",
    f"<a href=javascript:{TAKE_OVER}>click</a>",
    f"<iframe srcdoc='<script>parent.{TAKE_OVER}</script>'></iframe>",
    f"<iframe src=javascript:parent.{TAKE_OVER}></iframe>",
    "<object data=https://elsewhere.example/x></object><embed src=https://elsewhere.example/x>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example/'>",
    "<base href=https://elsewhere.example/><link rel=stylesheet href=https://elsewhere.example/x.css>",
    "<form action=https://elsewhere.example/><input name=q autofocus onfocus="
    + TAKE_OVER
    + "><button>send</button></form>",
    f"<details open ontoggle={TAKE_OVER}>x</details>",
    f"<div style='background:url(https://elsewhere.example/x)' onmouseover={TAKE_OVER}>x</div>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={TAKE_OVER}></style></mglyph></table></mtext></math>",
    f"<noscript><p title='</noscript><img src=x onerror={TAKE_OVER}>'></noscript>",
    f"<template><img src=x onerror={TAKE_OVER}></template>",
    f"&lt;img src=x onerror={TAKE_OVER}&gt;",
    f"$\\href{{javascript:{TAKE_OVER}}}{{x}}$",
    f"$&#92;href{{javascript:{TAKE_OVER}}}{{x}}$",
    f"$&bsol;href{{javascript:{TAKE_OVER}}}{{x}}$",
    f"\\\\(\\\\href{{javascript:{TAKE_OVER}}}{{x}}\\\\)",
    f"&#36;&#92;href{{javascript:{TAKE_OVER}}}{{x}}&#36;",
    "{{ 7*7 }}{% raw %}",
    f"```{TAKE_OVER}\n<script>{TAKE_OVER}</script>\n```",
    f"```mermaid\n<img src=x onerror={TAKE_OVER}>\n```",
    f"    <script>{TAKE_OVER}</script>",
    f"<!--><img src=x onerror={TAKE_OVER}>-->",
    f"<![CDATA[><img src=x onerror={TAKE_OVER}>]]>",
    f"\x1b]8;;javascript:{TAKE_OVER}\x07click\x1b]8;;\x07",
    f"<button data-formgrader-click='toggle_name(true);' onclick={TAKE_OVER}>x</button>",
)
EVERYTHING = "\n\n".join(VECTORS)

# What must not be in a page.
LOOK = r"""
() => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const name = element.tagName.toLowerCase();
      for (const attribute of element.attributes) {
        if (attribute.name.startsWith("on")) found.push(`${name} ${attribute.name}`);
        const value = attribute.value.replace(/[\s\x00-\x1f]/g, "").toLowerCase();
        if (["href", "src", "action", "data", "xlink:href", "formaction", "srcdoc", "poster", "background"].includes(attribute.name)) {
          if (/^(javascript|vbscript):/.test(value) || (/^data:/.test(value) && !/^data:image\/(png|jpeg|gif);base64,/.test(value)))
            found.push(`${name} ${attribute.name}=${value.slice(0, 40)}`);
          if (name !== "a" && /elsewhere\.example/.test(value)) found.push(`${name} ${attribute.name}=${value.slice(0, 60)}`);
        }
        if (attribute.name === "style" && /url\(|expression/.test(value)) found.push(`${name} style`);
        if (attribute.name === "http-equiv" && value === "refresh") found.push("refresh");
      }
      if (element.closest("svg") && element.closest("svg").querySelector("#a[gradientUnits]")) continue;  // nbgrader's logo
      if (["iframe", "object", "embed", "base", "form", "template", "svg", "math", "animate"].includes(name)) found.push(name);
      if (name === "script" && /title='taken over/.test(element.textContent) ) found.push("script");
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  if (!document.querySelector("script[src*=mathjax]")) return found;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (node.parentElement.closest("pre, code, script, style, textarea, .tex2jax_ignore")) continue;
    if (/\\(href|url|class|style|cssId|require|def|let|newcommand|unicode)\b/i.test(node.textContent)) found.push("TeX: " + node.textContent.trim().slice(0, 60));
  }
  return found;
}
"""


def alive(page):
    """What is alive in an open page.

    Returns
    -------
    list of str
        Empty where nothing is.
    """
    found = page.evaluate(LOOK)
    for kind in ("mouseover", "focus", "toggle", "click"):
        page.evaluate(
            "kind => document.querySelectorAll('#notebook a, #notebook button, main a, .panel-footer *')"
            ".forEach(one => one.dispatchEvent(new Event(kind, {bubbles: true})))",
            kind,
        )
    if "taken over" in page.title():
        found.append("it ran")
    return found
