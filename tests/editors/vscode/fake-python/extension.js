// Stands in for the Python extension, which is in no registry that tests may use: the part of its API that ml-lsp
// uses, and `select`, by which a test does what a person does in "Python: Select Interpreter".
const { EventEmitter, Uri } = require("vscode");

exports.activate = () => {
  const changed = new EventEmitter();
  let selected;
  return {
    select(path) {
      selected = path;
      changed.fire({ path });
    },
    environments: {
      getActiveEnvironmentPath: () => ({ id: selected ?? "", path: selected ?? "" }),
      resolveEnvironment: async ({ path }) => (path ? { executable: { uri: Uri.file(path) } } : undefined),
      onDidChangeActiveEnvironmentPath: changed.event,
    },
  };
};
