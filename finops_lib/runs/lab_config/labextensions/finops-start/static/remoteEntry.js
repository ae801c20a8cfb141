// The start page brought up to date when JupyterLab opens on it; nothing else is ever run by itself.
//
// A prebuilt extension written by hand: a container in the form that JupyterLab's module federation asks for, without
// a build step, and with the application alone as what it needs.
(() => {
  const START = "notebooks/start.ipynb";
  const RUN_ALL = "notebook:run-all-cells";

  // Running all cells goes to the last one; this page is read from its first.
  async function toTheTop(notebook) {
    notebook.activeCellIndex = 0;
    await notebook.scrollToItem(0);
  }

  async function bringUpToDate(app) {
    const widget = app.shell.currentWidget;
    if (widget?.context?.path !== START || !app.commands.hasCommand(RUN_ALL)) return;
    await widget.context.ready;
    await widget.revealed;
    await widget.sessionContext.ready;
    // Without a kernel there is nothing to run on, and somebody who went elsewhere meanwhile is not called back.
    if (!widget.sessionContext.session?.kernel || app.shell.currentWidget !== widget) return;
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
