#!/bin/sh
# Checks policies, plans them, and shows the plan: as annotations, as the summary of the job and as one comment.
#
# Reads POLICIES, PLAN_FILE, FAIL_ON, COMMENT_NAME and PLAN_FLAGS as action.yml describes them, and what comment.sh reads.
# Exits with the code of `holdfast validate` or of `holdfast plan`, or with 1 if the comment could not be written.
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
# The marker and the title stay first.
# shellcheck disable=SC2016 # code in Markdown
{ head -n 2 "$scratch/plan.md"; printf '\nPlan of commit `%s`.\n' "$COMMIT"; tail -n +3 "$scratch/plan.md"; } \
    > "$scratch/comment.md"
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$scratch/comment.md" >> "$GITHUB_STEP_SUMMARY"; fi
comment "$code" "$scratch/comment.md"
