/** The page that a new rule starts with. */

/** The folder, in the workspace, of the team's own rules. */
export const RULES_FOLDER = "lint-rules";

/** A rule's id: a family and a name. */
export const NAME_PATTERN = /^[a-z][a-z0-9]*(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/;

/** The page of the rule `name`: complete, and about `torch.load`, to be changed. */
export function ruleTemplate(name: string): string {
  return `# What is wrong, why, and how it looks. Change every line to your rule.
severity: warning                 # critical | warning | info | hint
tier: default                     # default: always on; review: only in the review profile
area: security                    # a word of your own, or one that the shipped rules use
title: torch.load without weights_only
message: "\`{name}\` unpickles the file; pass \`weights_only=True\`."
why: |
  Say in a few lines what goes wrong, and when.
libraries: [torch]                # a file that imports none of them is not looked at
match:
  call: torch.load
  without_argument: weights_only
examples:
  - name: found
    code: |
      import torch
      state = torch.load("model.pt")  # expect: ${name}
  - name: not found
    code: |
      import torch
      state = torch.load("model.pt", weights_only=True)
`;
}
