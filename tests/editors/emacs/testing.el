;;; testing.el --- Prints a line for every test  -*- lexical-binding: t -*-

(setq make-backup-files nil create-lockfiles nil auto-save-default nil
      enable-local-variables nil coding-system-for-read nil)
(prefer-coding-system 'utf-8)

(defvar testing-failed nil)

(defun testing-say (text)
  "Print TEXT as UTF-8 whatever the terminal is."
  (princ (concat (encode-coding-string text 'utf-8 t) "\n")))

(defmacro testing (name &rest steps)
  "Run STEPS as the test NAME; it fails if they signal an error."
  (declare (indent 1))
  `(condition-case problem
       (progn ,@steps (testing-say (concat "ok - " ,name)))
     (error (setq testing-failed t)
            (testing-say (format "not ok - %s\n%S" ,name problem)))))

(defun testing-expect (expected actual)
  "Signal an error unless EXPECTED and ACTUAL are equal."
  (unless (equal expected actual) (error "expected %S, got %S" expected actual)))

(defun testing-wait (what condition)
  "Let time pass until CONDITION gives something; WHAT says what for."
  (let ((end (+ (float-time) 15)) value)
    (while (not (setq value (funcall condition)))
      (when (> (float-time) end) (error "timed out waiting for %s" what))
      (accept-process-output nil 0.05))
    value))

(defun testing-end ()
  "Leave Emacs with what the tests have earned."
  (kill-emacs (if testing-failed 1 0)))
