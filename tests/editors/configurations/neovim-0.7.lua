local clients = {} -- one server for each folder

local function attach(buffer)
  local root = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ":p:h")
  if not (clients[root] and vim.lsp.get_client_by_id(clients[root])) then
    clients[root] = vim.lsp.start_client({
      name = "ml_lsp",
      cmd = { "ml-lsp", "server" },
      root_dir = root,
      settings = { mlLsp = { profile = "default", ignore = {} } },
    })
  end
  vim.lsp.buf_attach_client(buffer, clients[root])
end

vim.api.nvim_create_autocmd("FileType", {
  pattern = { "python", "yaml", "json", "toml" },
  callback = function(event)
    attach(event.buf)
  end,
})

-- Fix on save: safe fixes only.
vim.api.nvim_create_autocmd("BufWritePre", {
  pattern = { "*.py", "*.yaml", "*.yml", "*.json", "*.toml" },
  callback = function(event)
    for _, id in pairs(clients) do
      local client = vim.lsp.get_client_by_id(id)
      if client and vim.lsp.buf_is_attached(event.buf, id) then
        local params = vim.lsp.util.make_range_params()
        params.context = { only = { "source.fixAll.ml-lsp" }, diagnostics = {} }
        local answer = client.request_sync("textDocument/codeAction", params, 3000, event.buf) or {}
        for _, action in ipairs(answer.result or {}) do
          if not action.edit then
            action = (client.request_sync("codeAction/resolve", action, 3000, event.buf) or {}).result
          end
          vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
        end
      end
    end
  end,
})
