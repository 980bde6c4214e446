(require 'eglot)

(add-to-list 'eglot-server-programs
             '((python-mode python-ts-mode yaml-mode yaml-ts-mode json-mode json-ts-mode conf-toml-mode toml-ts-mode)
               . ("ml-lsp" "server")))

(setq-default eglot-workspace-configuration '(:mlLsp (:profile "default" :ignore [])))

(add-hook 'python-mode-hook #'eglot-ensure)

(defun ml-lsp-fix-all ()
  "Make all fixes that are safe; do nothing if there are none."
  (interactive)
  (ignore-errors (eglot-code-actions (point-min) (point-max) "source.fixAll.ml-lsp" t)))

;; Fix on save.
(add-hook 'eglot-managed-mode-hook
          (lambda () (add-hook 'before-save-hook #'ml-lsp-fix-all nil t)))
