;;; lsp-mode-session.el --- Drives Emacs with lsp-mode, in the folder it is started in  -*- lexical-binding: t -*-
;; emacs -q --batch -l testing.el -l lsp-mode-session.el; $CONFIGURATION is the configuration under test.

(package-initialize)                    ; Debian's packages
(load (getenv "CONFIGURATION") nil t)
(setq lsp-auto-guess-root t lsp-diagnostics-provider :none lsp-enable-snippet nil lsp-restart 'ignore
      lsp-headerline-breadcrumb-enable nil lsp-idle-delay 0 lsp-debounce-full-sync-notifications nil
      lsp-enabled-clients '(ml-lsp) lsp-session-file (expand-file-name "session" temporary-file-directory))
(remove-hook 'python-mode-hook #'lsp-deferred) ; waits for a window, and in batch mode there is none

(defun session-open (name)
  "Show the file NAME, and have its server running."
  (find-file name)
  (unless (bound-and-true-p lsp-mode)
    (lsp-workspace-folders-add default-directory)
    (lsp))
  (testing-wait "the server" (lambda () (lsp-workspaces))))

(defun session-findings ()
  "Line and column (from 0, in the units of the server) and text of every finding."
  (accept-process-output nil 0.05)
  (sort (mapcar (lambda (found)
                  (let* ((range (gethash "range" found))
                         (beg (lsp--position-to-point (gethash "start" range)))
                         (end (lsp--position-to-point (gethash "end" range))))
                    (save-excursion
                      (goto-char beg)
                      (list (1- (line-number-at-pos)) (- beg (line-beginning-position))
                            (buffer-substring-no-properties beg end)))))
                (gethash (file-truename buffer-file-name) (lsp-diagnostics t)))
        (lambda (a b) (< (car a) (car b)))))

(defun session-wait-for (count)
  "Wait for COUNT findings and return them."
  (testing-wait (format "%d findings" count) (lambda () (= count (length (session-findings)))))
  (session-findings))

(defvar session-places '((3 14 "yaml.load") (4 13 "yaml.load")))

(testing "findings stand where they should"
  (session-open "plain.py")
  (testing-expect session-places (session-wait-for 2)))

(testing "findings stand where they should in a file with CRLF"
  (session-open "windows.py")
  (testing-expect session-places (session-wait-for 2)))

(testing "a quick fix changes the line"
  (session-open "quickfix.py")
  (session-wait-for 2)
  (goto-char (point-min))
  (search-forward "yaml.load")
  (backward-char 2)
  (let ((action (seq-find (lambda (it) (equal (gethash "isPreferred" it) t)) (lsp-code-actions-at-point))))
    (testing-expect "Use `yaml.safe_load`" (gethash "title" action))
    (lsp-execute-code-action action))
  (session-wait-for 1))

(testing "safe fixes are made on save"
  (dolist (name '("save.py" "save_windows.py"))
    (session-open name)
    (session-wait-for 2)
    (set-buffer-modified-p t)
    (save-buffer)
    (session-wait-for 0)))

(testing "settings are followed"
  (session-open "plain.py")
  (session-wait-for 2)
  (lsp-register-custom-settings '(("mlLsp.ignore" ["yaml/load-without-loader"])))
  (lsp--set-configuration (lsp-configuration-section "mlLsp"))
  (session-wait-for 0)
  (lsp-register-custom-settings '(("mlLsp.ignore" [])))
  (lsp--set-configuration (lsp-configuration-section "mlLsp"))
  (session-wait-for 2))

(testing-end)
