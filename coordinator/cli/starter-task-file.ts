/** What `fanfold init` writes. It is valid as it is and changes nothing until it is edited. */
export function starterTaskFile({ outsideGit }: { outsideGit: boolean }): string {
  const workspace = '  workspace: copy                    # there is no git repository here, so no worktrees\n';
  return starter.replace('defaults:\n', `defaults:\n${outsideGit ? workspace : ''}`);
}

const starter = `# A Fanfold task file. See what it would run: fanfold plan fanfold.yml   Run it: fanfold run fanfold.yml
# Editors: save the schema with \`fanfold schema > .fanfold/schema.json\`, then
# yaml-language-server: $schema=.fanfold/schema.json
version: 1
name: first-run                      # lower-case letters, digits and dashes
goal: List the files of each folder  # shown to every agent and in the report
# base: HEAD                         # commit to start from
# into: fanfold/first-run            # branch that receives the verified work
# concurrency: 8                     # subtasks at once
# budget: { usd: 5, minutes: 30 }    # for runs with a model
# model: { name: claude-sonnet-5-5 } # or replay:FILE, what \`run --record FILE\` wrote

defaults:
  timeout: 20m
  retries: 2                         # for what may pass by itself: overload, time limits, lost workers
  # permissions: { mode: acceptEdits, allow: ["Bash(npm test *)"] }

# Evaluation functions: commands whose exit code decides. They run in each workspace and on the merged tree.
# checks:
#   - { name: test, run: npm test }

subtasks:
  # One subtask for each item. Sources: glob, files, lines, csv, jsonl, json, command; \`chunk: N\` groups items.
  - id: list-\${{ item.name }}
    forEach: { glob: "*/", allowEmpty: true }
    # Exactly one of run, codemod, prompt. Values of items are quoted for the shell.
    run: ls \${{ item.path }}
    # codemod: rules/no-var.yml      # ast-grep rules, relative to this file
    # prompt: Replace moment by date-fns in \${{ item.path }}.
    # files: ["\${{ item.path }}/**/*.js"]
    # writes: ["\${{ item.path }}/**"]

  # - id: changelog
  #   needs: [list-*]                # after these have landed
  #   prompt: Write the changelog entry for this change.
  #   writes: [CHANGELOG.md]
  - id: tree
    run: git ls-files | wc -l
`;
