;;; eglot-session.el --- Drives Emacs with eglot, in the folder it is started in  -*- lexical-binding: t -*-
;; emacs -q --batch -l testing.el -l eglot-session.el; $CONFIGURATION is the configuration under test.

(package-initialize)                    ; Debian's packages
(load (getenv "CONFIGURATION") nil t)
(require 'flymake)
(setq eglot-sync-connect 15 eglot-autoreconnect 1 eglot-send-changes-idle-time 0)
(remove-hook 'python-mode-hook #'eglot-ensure) ; waits for a command, and in batch mode there is none

(defun session-open (name)
  "Show the file NAME, and let its server know of it."
  (find-file name)
  (unless (eglot-current-server) (apply #'eglot (eglot--guess-contact)))
  (unless (bound-and-true-p eglot--managed-mode) (eglot--maybe-activate-editing-mode))
  (unless flymake-mode (flymake-mode 1)))

(defun session-findings ()
  "Line (from 0), column in characters, and text of every finding."
  (eglot--signal-textDocument/didChange) ; an idle timer does it, and in batch mode none ever fires
  (flymake-start)
  (accept-process-output nil 0.05)
  (save-excursion
    (mapcar (lambda (found)
              (goto-char (flymake-diagnostic-beg found))
              (list (1- (line-number-at-pos)) (- (point) (line-beginning-position))
                    (buffer-substring-no-properties (point) (flymake-diagnostic-end found))))
            (sort (flymake-diagnostics) (lambda (a b) (< (flymake-diagnostic-beg a) (flymake-diagnostic-beg b)))))))

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
  (search-forward "yaml.")
  (search-forward "yaml.")
  (search-backward "yaml.")
  (let ((actions (eglot-code-actions (point) (point) "quickfix")))
    (testing-expect "Use `yaml.safe_load`" (plist-get (car actions) :title))
    (if (fboundp 'eglot-execute)
        (eglot-execute (eglot-current-server) (car actions))
      (eglot--apply-workspace-edit (plist-get (car actions) :edit))))
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
  (setq-default eglot-workspace-configuration '(:mlLsp (:ignore ["yaml/load-without-loader"])))
  (eglot-signal-didChangeConfiguration (eglot-current-server))
  (session-wait-for 0)
  (setq-default eglot-workspace-configuration '(:mlLsp (:ignore [])))
  (eglot-signal-didChangeConfiguration (eglot-current-server))
  (session-wait-for 2))

(testing "a server that is killed comes back"
  (session-open "plain.py")
  (session-wait-for 2)
  (let* ((server (eglot-current-server)) (process (jsonrpc--process server)))
    (testing-expect 0 (signal-process (process-id process) 'SIGKILL))
    (testing-wait "the end of the server" (lambda () (not (process-live-p process))))
    (ignore-errors (eglot-shutdown server)) ; eglot itself reconnects from a timer, and in batch mode none fires
    (apply #'eglot (eglot--guess-contact)))
  (session-wait-for 2))

(testing-end)
