"""One function a rule, in a module of the rule's name: checks/<family>/<rule_name>.py."""
