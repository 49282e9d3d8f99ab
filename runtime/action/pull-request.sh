#!/bin/sh
# Checks policies, plans them, and shows the plan: as annotations, as the summary of the job and as one comment.
#
# Reads POLICIES, PLAN_FILE, FAIL_ON, COMMENT_NAME, PLAN_FLAGS, ARTIFACT and SARIF as action.yml describes them, and what comment.sh
# reads. FORK is true for a pull request from another repository: its job has no secrets and no role, so it only validates. Writes
# `plan=true` to GITHUB_OUTPUT once the plan is saved. Exits with the code of `holdfast validate` or of `holdfast plan`, or with 1 if the comment could not be written.
set -u
folder=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Lists are split at blanks, and no word is a pattern of file names.
set -f

# comment CODE [FILE]: writes the comment, and exits with the code.
comment() {
    code=$1
    shift
    if [ -n "${PULL_REQUEST:-}" ] && [ -n "${COMMENT_TOKEN:-}" ]; then
        sh "$folder/comment.sh" "$@" || { if [ "$code" -eq 0 ]; then code=1; fi; }
    fi
    exit "$code"
}

# shellcheck disable=SC2086 # lists
if [ -n "${SARIF:-}" ]; then holdfast validate --format sarif $POLICIES > "$SARIF" || :; fi

if [ "${FORK:-}" = true ]; then
    code=0
    # shellcheck disable=SC2086 # lists
    holdfast validate --format github $POLICIES || code=$?
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
        if [ "$code" -eq 0 ]; then verdict='The policies are valid.'; else verdict='The policies are not valid.'; fi
        {
            printf '### %s\n\nThere is no plan: a pull request from a fork gets no access to the cloud.\n\n' "$verdict"
            # Indented, so that no text of a policy ends the block.
            # shellcheck disable=SC2086 # lists
            holdfast validate $POLICIES 2>&1 | head -c 500000 | sed 's/^/    /'
        } >> "$GITHUB_STEP_SUMMARY"
    fi
    exit "$code"
fi

# The text goes to the log too, where `--format github` makes annotations of it.
# shellcheck disable=SC2086 # lists
holdfast validate --format github $POLICIES || comment $?

fail_on=
for what in $FAIL_ON; do fail_on="$fail_on --fail-on=$what"; done
code=0
# shellcheck disable=SC2086 # lists
holdfast plan --format markdown --comment "$COMMENT_NAME" --out "$PLAN_FILE" $fail_on $PLAN_FLAGS $POLICIES \
    > "$scratch/plan.md" || code=$?
if [ ! -s "$scratch/plan.md" ]; then
    # There is no plan. The reason is on stderr, in the log.
    if [ "$code" -eq 0 ]; then code=1; fi
    comment "$code"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo plan=true >> "$GITHUB_OUTPUT"; fi
# The marker and the title stay first.
# shellcheck disable=SC2016 # code in Markdown
{
    head -n 2 "$scratch/plan.md"
    printf '\nPlan of commit `%s`.' "$COMMIT"
    if [ -n "${ARTIFACT:-}" ]; then
        run=${GITHUB_RUN_ID:-RUN}
        printf ' To approve it: `gh run download %s --name %s --dir plan-%s`, `holdfast approve plan-%s/%s --comment`, and paste the block that it prints into a comment here.' \
            "$run" "$ARTIFACT" "$run" "$run" "$(basename "$PLAN_FILE")"
    fi
    echo
    tail -n +3 "$scratch/plan.md"
} > "$scratch/comment.md"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$scratch/comment.md" >> "$GITHUB_STEP_SUMMARY"; fi
comment "$code" "$scratch/comment.md"
