"use strict";
(() => {
  // The list of runs: which are shown, and which report comes before or after another.
  const figure = document.querySelector("#runs .fw-table");
  const form = document.getElementById("fw-filters");
  if (!figure || !form) return;
  const rows = [...figure.querySelectorAll("tbody tr")];
  const field = (name) => form.elements.namedItem(name).value;
  const fits = (row) => {
    const { notebook, status, day } = row.dataset;
    return (!field("notebook") || notebook === field("notebook")) && (!field("status") || status === field("status"))
      && (!field("from") || day >= field("from")) && (!field("to") || day <= field("to"));
  };
  const apply = () => figure.fwNarrow([...form.elements].some((element) => element.value) ? fits : null);
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", (event) => event.preventDefault());
  figure.querySelector(".fw-tools").before(form);
  form.hidden = false;
  // A browser that comes back to the page remembers what was chosen.
  apply();

  // Reports lead here with #before=RUN and #after=RUN: a finished report cannot know what is made after it.
  const said = document.getElementById("fw-neighbour");
  const go = () => {
    const [, way, run] = /^#(before|after)=(.+)$/.exec(location.hash) ?? [];
    if (!way) return;
    const like = rows.find((row) => row.dataset.run === decodeURIComponent(run));
    const of = rows.filter((row) => row === like || (row.dataset.notebook === like?.dataset.notebook && row.querySelector("a")));
    const newestFirst = of.sort((a, b) => Number(a.dataset.place) - Number(b.dataset.place));
    const link = newestFirst[newestFirst.indexOf(like) + (way === "before" ? 1 : -1)]?.querySelector("a");
    if (like && link) {
      location.replace(link.href);
      return;
    }
    const end = way === "before" ? "earlier" : "later";
    said.textContent = like ? `There is no ${end} report of ${like.dataset.notebook} in this list.` : "That run is not in this list.";
    said.hidden = false;
    if (like) form.elements.namedItem("notebook").value = like.dataset.notebook;
    apply();
  };
  addEventListener("hashchange", go);
  go();
})();
