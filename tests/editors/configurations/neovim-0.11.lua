vim.lsp.config("ml_lsp", {
  cmd = { "ml-lsp", "server" },
  filetypes = { "python", "yaml", "json", "toml" },
  root_markers = { "ml-lsp.toml", "pyproject.toml", ".git" },
  settings = { mlLsp = { profile = "default", ignore = {} } },
})
vim.lsp.enable("ml_lsp")

-- Fix on save: safe fixes only.
vim.api.nvim_create_autocmd("BufWritePre", {
  pattern = { "*.py", "*.yaml", "*.yml", "*.json", "*.toml" },
  callback = function(event)
    for _, client in ipairs(vim.lsp.get_clients({ bufnr = event.buf, name = "ml_lsp" })) do
      local params = vim.lsp.util.make_range_params(0, client.offset_encoding)
      params.context = { only = { "source.fixAll.ml-lsp" }, diagnostics = {} }
      local answer = client:request_sync("textDocument/codeAction", params, 3000, event.buf) or {}
      for _, action in ipairs(answer.result or {}) do
        if not action.edit then
          action = (client:request_sync("codeAction/resolve", action, 3000, event.buf) or {}).result
        end
        vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
      end
    end
  end,
})
