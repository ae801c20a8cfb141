"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, name, words) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (words !== undefined) node.textContent = words;
    return node;
  };

  // Charts: specs and library rest packed in the page; a browser without DecompressionStream shows the words instead.
  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  const colours = () => {
    const style = getComputedStyle(document.body);
    const of = (name) => style.getPropertyValue(name).trim();
    return { ink: of("--fw-ink"), soft: of("--fw-soft"), grid: of("--fw-grid"), font: style.fontFamily };
  };
  const config = (width) => {
    const c = colours();
    return {
      background: "transparent", font: c.font, view: { stroke: null },
      axis: { labelColor: c.soft, titleColor: c.soft, gridColor: c.grid, domain: false, ticks: false, labelFontSize: 12, labelPadding: 6 },
      axisX: { labelPadding: 8 },
      header: { labelColor: c.ink, labelFontSize: 12.5, labelFontWeight: 600, labelAnchor: "start", labelPadding: 4 },
      text: { color: c.ink, fontSize: 12.5 },
      style: {
        "fw-ink": { fill: c.ink, stroke: c.ink, color: c.ink }, "fw-label": { fill: c.ink }, "fw-rule": { stroke: c.soft, color: c.soft },
        "fw-names": { labelColor: c.ink, labelFontSize: 13, labelLimit: Math.min(260, Math.round(width * 0.36)) },
      },
    };
  };
  const tip = make("div", "fw-tip");
  tip.hidden = true;
  const showTip = (_, event, __, value) => {
    tip.hidden = !value || typeof value !== "object";
    if (tip.hidden) return;
    const list = make("dl");
    for (const [name, said] of Object.entries(value)) list.append(make("dt", "", name), make("dd", "", said));
    tip.replaceChildren(list);
    const { clientX: x, clientY: y } = event;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 12 : y + 18}px`;
  };
  const views = new Map();
  const draw = async (embed, figure, spec) => {
    const plot = figure.querySelector(".fw-plot");
    const width = plot.clientWidth;
    const shown = structuredClone(spec);
    if (shown.facet) {
      // Vega sizes single charts to the page, but not panels: how many fit is decided here.
      shown.columns = width > 720 ? 3 : width > 430 ? 2 : 1;
      shown.spec.width = Math.floor((width - 48 - 60 * (shown.columns - 1)) / shown.columns);
    }
    views.get(figure)?.finalize();
    plot.querySelector(".fw-drawing")?.remove();
    const place = plot.appendChild(make("div", "fw-drawing"));
    place.style.width = "100%";
    const result = await embed(place, shown, {
      mode: "vega-lite", renderer: "svg", actions: false, config: config(width), tooltip: showTip, ast: false, defaultStyle: false,
    });
    views.set(figure, result.view);
    figure.dataset.drawn = width;
    const front = figure.querySelector('.fw-key[aria-pressed="true"]');
    if (front) result.view.signal("front", front.dataset.name).runAsync();
  };
  const drawAll = async () => {
    const figures = all(".fw-chart");
    if (!figures.length) return;
    try {
      const specs = JSON.parse(await unpack("fw-specs"));
      const address = URL.createObjectURL(new Blob([await unpack("fw-library")], { type: "text/javascript" }));
      await import(address);
      URL.revokeObjectURL(address);
      document.body.append(tip);
      const specOf = (figure) => specs[Number(figure.querySelector(".fw-spec").dataset.spec)];
      const redraw = async (figure) => {
        try {
          await draw(window.fwEmbed, figure, specOf(figure));
        } catch (error) {
          console.error(error);
          figure.querySelector(".fw-plot").replaceChildren(make("p", "fw-source", `This chart could not be drawn: ${error.message}`));
        }
      };
      for (const figure of figures) {
        await redraw(figure);
        addSave(figure);
      }
      document.body.dataset.charts = "drawn";
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figures.forEach(redraw));
      let waiting = 0;
      addEventListener("resize", () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => figures.filter((f) => Number(f.dataset.drawn) !== f.querySelector(".fw-plot").clientWidth).forEach(redraw), 150);
      });
    } catch (error) {
      console.error(error);
      for (const figure of figures) figure.querySelector(".fw-plot").append(make("p", "fw-source", "This browser is too old to draw the chart. All numbers in text and tables are here."));
    }
  };
  const addSave = (figure) => {
    const button = make("button", "fw-button fw-save", "Save as SVG");
    button.type = "button";
    button.addEventListener("click", async () => {
      const link = make("a");
      link.href = URL.createObjectURL(new Blob([await views.get(figure).toSVG()], { type: "image/svg+xml" }));
      link.download = `${figure.id}.svg`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
    figure.append(button);
  };
  // A click on a name brings it to the front in every chart of its section that has it.
  document.addEventListener("click", (event) => {
    const key = event.target.closest(".fw-key");
    if (!key) return;
    const name = key.getAttribute("aria-pressed") === "true" ? null : key.dataset.name;
    for (const figure of all(".fw-chart", key.closest("section") ?? document)) {
      const keys = all(".fw-key", figure);
      const has = name === null || keys.some((other) => other.dataset.name === name);
      for (const other of keys) other.setAttribute("aria-pressed", String(has && other.dataset.name === name));
      if (keys.length) views.get(figure)?.signal("front", has ? name : null).runAsync();
    }
  });

  // Tables too long to read whole: filter, sort, copy. On paper and without a script they stand whole.
  const SHORT = 15;
  const exact = (cell) => cell.querySelector("[data-v]")?.dataset.v ?? cell.textContent.trim();
  const isNumber = (text) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  const forCsv = (text) => {
    // A spreadsheet runs what starts like a formula, unless it is a number.
    const safe = /^[=+\-@\t\r]/.test(text) && !isNumber(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.body.appendChild(make("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  for (const button of all(".fw-copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await copy(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
  for (const figure of all(".fw-table[data-rows]")) {
    const table = figure.querySelector("table");
    const rows = all("tbody tr", table);
    const heads = all("thead th", table);
    const state = { open: false, words: "", keeps: null };
    const count = make("span");
    count.setAttribute("role", "status");
    const more = make("button", "fw-button fw-more");
    const show = () => {
      const found = rows.filter((row) => row.textContent.toLowerCase().includes(state.words) && (!state.keeps || state.keeps(row)));
      const narrowed = Boolean(state.words || state.keeps);
      const kept = new Set(state.open || narrowed ? found : found.slice(0, SHORT));
      for (const row of rows) row.hidden = !kept.has(row);
      more.hidden = narrowed || rows.length <= SHORT;
      more.textContent = state.open ? "Show fewer" : `Show all ${rows.length} rows`;
      count.textContent = narrowed ? `${found.length} of ${rows.length} rows` : "";
    };
    more.type = "button";
    more.addEventListener("click", () => { state.open = !state.open; show(); });
    const filter = make("input");
    filter.type = "search";
    filter.placeholder = `Filter ${rows.length} rows`;
    filter.setAttribute("aria-label", filter.placeholder);
    filter.addEventListener("input", () => { state.words = filter.value.trim().toLowerCase(); show(); });
    const button = make("button", "fw-button", "Copy as CSV");
    button.type = "button";
    const csv = () => [heads.map((head) => forCsv(head.textContent.trim())), ...rows.filter((row) => !(state.words || state.keeps) || !row.hidden).map((row) => [...row.cells].map((cell) => forCsv(exact(cell))))]
      .map((line) => line.join(",")).join("\r\n");
    button.addEventListener("click", async () => {
      await copy(csv());
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy as CSV"; }, 1500);
    });
    figure.fwCsv = csv;
    figure.fwNarrow = (keeps) => { state.keeps = keeps; show(); };
    heads.forEach((head, place) => {
      const sort = make("button", "fw-sort");
      sort.type = "button";
      sort.append(...head.childNodes);
      head.append(sort);
      sort.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const compare = (a, b) => {
          const [x, y] = [exact(a.cells[place]), exact(b.cells[place])];
          // What is not known stays at the end, whichever way.
          if (!x || !y) return x ? -1 : y ? 1 : 0;
          const order = isNumber(x) && isNumber(y) ? Number(x) - Number(y) : x.localeCompare(y);
          return down ? -order : order;
        };
        rows.sort(compare);
        rows[0].parentNode.append(...rows);
        show();
      });
    });
    const tools = make("div", "fw-tools");
    tools.append(filter, button, count);
    figure.querySelector(".fw-scroll").before(tools);
    figure.querySelector(".fw-scroll").after(more);
    show();
  }

  // The contents list follows the reader.
  const links = new Map(all(".fw-contents a").map((link) => [link.hash.slice(1), link]));
  if (links.size) {
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        links.forEach((link) => link.classList.remove("fw-here"));
        links.get(entry.target.id)?.classList.add("fw-here");
      }
    }, { rootMargin: "0px 0px -70% 0px" });
    all("section[id]").forEach((section) => watch.observe(section));
  }
  drawAll();
})();
