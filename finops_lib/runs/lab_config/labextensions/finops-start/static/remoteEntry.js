// The start page brought up to date when JupyterLab opens on it; nothing else is ever run by itself.
//
// A prebuilt extension written by hand: a container in the form that JupyterLab's module federation asks for, without
// a build step, and with the application alone as what it needs.
(() => {
  const START = "notebooks/start.ipynb";
  const RUN_ALL = "notebook:run-all-cells";
  const LOOK_EVERY_MS = 200;
  const MOST_LOOKS = 600;
  const LOOKS_PER_TRY = 50;
  const MOST_TRIES = 5;

  const pause = () => new Promise((go) => setTimeout(go, LOOK_EVERY_MS));

  // Running all cells goes to the last one; this page is read from its first.
  async function toTheTop(notebook) {
    notebook.activeCellIndex = 0;
    await notebook.scrollToItem(0);
  }

  // What the address asks for, which JupyterLab opens only after what was open the last time.
  const isAskedFor = () => decodeURIComponent(window.location.pathname).endsWith(`/tree/${START}`);

  // The page, its kernel and the command arrive in no particular order; until all are there, there is nothing to run.
  async function whenOpen(app, asked) {
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const widget = app.shell.currentWidget;
      const path = widget?.context?.path;
      // Somebody who asked for another document is not called back from it.
      if (path && path !== START && !asked) return null;
      const hasKernel = widget?.sessionContext?.session?.kernel?.status === "idle";
      if (path === START && widget.context.isReady && hasKernel && app.commands.hasCommand(RUN_ALL)) return widget;
      await pause();
    }
    return null;
  }

  const hasBegun = (widget) => [...widget.content.model.cells].some((cell) => cell.executionCount);

  async function bringUpToDate(app, asked) {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const widget = await whenOpen(app, asked);
      if (widget === null) return;
      const ran = app.commands.execute(RUN_ALL);
      await toTheTop(widget.content);
      // A kernel that has only just come may lose what it is told before its channels are open.
      for (let looks = 0; looks < LOOKS_PER_TRY && !hasBegun(widget); looks += 1) await pause();
      if (!hasBegun(widget)) continue;
      await ran;
      await toTheTop(widget.content);
      return;
    }
  }

  const plugin = {
    id: "finops-start:plugin",
    description: "Brings the workbench's start page up to date when JupyterLab opens on it.",
    autoStart: true,
    activate: (app) => {
      const asked = isAskedFor();
      app.restored.then(() => bringUpToDate(app, asked)).catch((error) => console.warn("finops-start:", error));
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["finops-start"] = {
    init: () => undefined,
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
