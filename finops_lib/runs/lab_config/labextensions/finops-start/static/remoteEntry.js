// The start page brought up to date when JupyterLab opens on it; nothing else is ever run by itself.
//
// A prebuilt extension written by hand: a container in the form that JupyterLab's module federation asks for, without
// a build step, and with the application alone as what it needs.
(() => {
  const START = "notebooks/start.ipynb";
  const RUN_ALL = "notebook:run-all-cells";
  const LOOK_EVERY_MS = 200;
  const MOST_LOOKS = 600;

  // Running all cells goes to the last one; this page is read from its first.
  async function toTheTop(notebook) {
    notebook.activeCellIndex = 0;
    await notebook.scrollToItem(0);
  }

  // The page, its kernel and the command arrive in no particular order; until all are there, there is nothing to run.
  async function whenOpen(app) {
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      const widget = app.shell.currentWidget;
      const path = widget?.context?.path;
      // Somebody who asked for another document is not called back from it.
      if (path && path !== START) return null;
      const hasKernel = widget?.sessionContext?.session?.kernel?.status === "idle";
      if (path && widget.context.isReady && hasKernel && app.commands.hasCommand(RUN_ALL)) return widget;
      await new Promise((go) => setTimeout(go, LOOK_EVERY_MS));
    }
    return null;
  }

  async function bringUpToDate(app) {
    const widget = await whenOpen(app);
    if (widget === null) return;
    const ran = app.commands.execute(RUN_ALL);
    await toTheTop(widget.content);
    await ran;
    await toTheTop(widget.content);
  }

  const plugin = {
    id: "finops-start:plugin",
    description: "Brings the workbench's start page up to date when JupyterLab opens on it.",
    autoStart: true,
    activate: (app) => {
      app.restored.then(() => bringUpToDate(app)).catch((error) => console.warn("finops-start:", error));
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["finops-start"] = {
    init: () => undefined,
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
