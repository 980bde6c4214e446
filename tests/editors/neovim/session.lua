-- Drives Neovim as its user would, in the folder it is started in: nvim --headless --clean -u NONE +'luafile session.lua'
-- $CONFIGURATION is the configuration under test.
local RULE = "yaml/load-without-loader"
-- Neovim's columns are bytes, whatever the server speaks.
local PLACES = { { 3, 18, 27 }, { 4, 16, 25 } }
local failed = false

local function test(name, steps)
  local ok, problem = pcall(steps)
  failed = failed or not ok
  io.stdout:write((ok and "ok - " or "not ok - ") .. name .. (ok and "" or "\n" .. tostring(problem)) .. "\n")
end

local function wait(what, condition)
  if not vim.wait(15000, condition, 20) then
    error("timed out waiting for " .. what, 2)
  end
end

local function findings()
  return vim.tbl_map(function(found)
    return { found.lnum, found.col, found.end_col }
  end, vim.diagnostic.get(0))
end

local function wait_for(count)
  wait(count .. " findings, have " .. vim.inspect(findings()), function()
    return #findings() == count
  end)
end

local function open(name)
  vim.cmd("edit " .. name)
end

local function clients()
  return vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = 0 }) or vim.tbl_values(vim.lsp.buf_get_clients(0))
end

local function line(number)
  return vim.api.nvim_buf_get_lines(0, number, number + 1, true)[1]
end

vim.cmd("filetype plugin on")
vim.o.swapfile = false
vim.o.fileformats = "unix,dos"
vim.cmd("luafile " .. vim.env.CONFIGURATION)

test("findings stand where they should", function()
  open("plain.py")
  wait_for(2)
  assert(vim.deep_equal(findings(), PLACES), vim.inspect(findings()))
  local found = vim.diagnostic.get(0)[1]
  assert(found.source == "ml-lsp" and found.code == RULE, vim.inspect(found))
end)

test("findings stand where they should in a file with CRLF", function()
  open("windows.py")
  assert(vim.bo.fileformat == "dos")
  wait_for(2)
  assert(vim.deep_equal(findings(), PLACES), vim.inspect(findings()))
end)

test("a quick fix changes the line", function()
  open("quickfix.py")
  wait_for(2)
  vim.api.nvim_win_set_cursor(0, { 4, 20 })
  vim.ui.select = function(items, _, choose)
    choose(items[1], 1)
  end
  vim.lsp.buf.code_action()
  wait("the fix", function()
    return line(3):find("yaml.safe_load(fh)", 1, true)
  end)
  assert(line(3) == '\tcafé = {"🚀": yaml.safe_load(fh)}', line(3))
  wait_for(1)
end)

test("safe fixes are made on save", function()
  for _, name in ipairs({ "save.py", "save_windows.py" }) do
    open(name)
    wait_for(2)
    vim.cmd("write")
    wait_for(0)
  end
end)

test("settings are followed", function()
  open("plain.py")
  wait_for(2)
  local client = clients()[1]
  local function set(ignored)
    -- What is answered when the server asks, and the notice that makes it ask.
    client.config.settings = { mlLsp = { profile = "default", ignore = ignored } }
    client.settings = client.config.settings
    client.rpc.notify("workspace/didChangeConfiguration", { settings = client.config.settings })
  end
  set({ RULE })
  wait_for(0)
  set({})
  wait_for(2)
end)

test("a server that is killed comes back", function()
  open("plain.py")
  wait_for(2)
  local servers = vim.fn.systemlist({ "pgrep", "-P", vim.fn.getpid() })
  assert(#servers == 1, vim.inspect(servers))
  vim.fn.system({ "kill", "-KILL", servers[1] })
  wait("the end of the server", function()
    return #clients() == 0
  end)
  vim.diagnostic.reset()
  vim.cmd("edit")
  wait("a new server", function()
    return #clients() == 1
  end)
  wait_for(2)
end)

vim.cmd(failed and "cquit!" or "qall!")
