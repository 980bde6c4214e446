(require 'lsp-mode)

(lsp-register-custom-settings '(("mlLsp.profile" "default") ("mlLsp.ignore" [])))

(lsp-register-client
 (make-lsp-client :new-connection (lsp-stdio-connection '("ml-lsp" "server"))
                  :activation-fn (lsp-activate-on "python" "yaml" "json" "toml")
                  :add-on? t            ; beside the server you have for completion
                  :server-id 'ml-lsp
                  :initialized-fn (lambda (workspace)
                                    (with-lsp-workspace workspace
                                      (lsp--set-configuration (lsp-configuration-section "mlLsp"))))))

(add-hook 'python-mode-hook #'lsp-deferred)

(defun ml-lsp-fix-all ()
  "Make all fixes that are safe; do nothing if there are none."
  (interactive)
  (ignore-errors (lsp-execute-code-action-by-kind "source.fixAll.ml-lsp")))

;; Fix on save.
(add-hook 'lsp-managed-mode-hook
          (lambda () (add-hook 'before-save-hook #'ml-lsp-fix-all nil t)))
