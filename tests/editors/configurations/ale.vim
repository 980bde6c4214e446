packadd! ale
call ale#linter#Define('python', {
\   'name': 'ml-lsp',
\   'lsp': 'stdio',
\   'executable': 'ml-lsp',
\   'command': '%e server',
\   'project_root': {buffer -> fnamemodify(bufname(buffer), ':p:h')},
\})
