"use strict";

(() => {
  const said = document.getElementById("said");
  const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

  function filtering(form) {
    const section = form.closest("[data-findings]");
    const findings = [...section.querySelectorAll("article.finding")].map((article) => ({
      article,
      severity: article.dataset.severity,
      layer: article.dataset.layer,
      files: article.dataset.files.split(" "),
      words: article.textContent.toLowerCase(),
    }));
    const found = form.querySelector("[data-found]");

    function apply() {
      const wanted = new FormData(form);
      const severities = wanted.getAll("severity");
      const layer = wanted.get("layer");
      const file = wanted.get("file");
      const words = wanted.get("words").toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const one of findings) {
        const fits =
          severities.includes(one.severity) &&
          (!layer || one.layer === layer) &&
          (!file || one.files.includes(file)) &&
          words.every((word) => one.words.includes(word));
        one.article.hidden = !fits;
        shown += fits ? 1 : 0;
      }
      const all = plural(findings.length, "finding");
      found.textContent = shown === findings.length ? all : `${shown} of ${all}`;
    }

    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(apply));
    // Browsers fill forms in again after a reload.
    apply();
    return { form, section };
  }

  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return writeWithSelection(text);
    }
  }

  // Where the clipboard is not offered: pages that come over plain HTTP.
  function writeWithSelection(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }

  function copying(button) {
    const label = button.querySelector("[data-label]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await write(button.dataset.copy);
      button.focus();
      label.textContent = done ? "Copied" : "Not copied";
      said.textContent = done ? "Copied" : "Not copied: select the text and copy it";
      setTimeout(() => {
        label.textContent = "Copy";
        said.textContent = "";
      }, 2000);
    });
  }

  const filters = [...document.querySelectorAll("form[data-filter]")].map(filtering);
  document.querySelectorAll("button.copy").forEach(copying);

  // A link to a finding shows it, whatever the filter says.
  function reveal() {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.hidden) return;
    filters.find((one) => one.section.contains(target))?.form.reset();
    setTimeout(() => target.scrollIntoView());
  }
  addEventListener("hashchange", reveal);
  reveal();

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((one) => (one.open = true));
  });
  addEventListener("afterprint", () => {
    opened.forEach((one) => (one.open = false));
    opened = [];
  });
})();
