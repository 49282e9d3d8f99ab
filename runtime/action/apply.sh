#!/bin/sh
# Applies the plan of the pull request that a push has merged, with the approvals in its comments, and comments the result.
#
# Reads POLICIES, PLAN_FILE, ARTIFACT, COMMENT_NAME, APPLY_FLAGS and COMMIT as apply/action.yml describes them, COMMENT_TOKEN and
# COMMENT_AUTHOR as comment.sh does, and GITHUB_API_URL, GITHUB_SERVER_URL, GITHUB_REPOSITORY and GITHUB_RUN_ID. HOLDFAST_CLOUD is
# the cloud that this job changes, `aws` without it. Exits with the code of `holdfast apply`, or with 1. Needs curl, jq and unzip.
#
# What others wrote is never a part of a command: comments go to Holdfast as one file, which looks for approvals in it and
# believes none that it has not verified. The plan is what the job of the pull request saved, and a branch can change that job.
# Holdfast refuses the plan unless it is for the cloud of this job, was made from the policies that are merged, and is approved as
# they and the trust anchor require. This script refuses it unless its author is who GitHub says has opened the pull request.
set -uf
folder=$(dirname "$0")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. "$folder/api.sh"
repository="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY"
PULL_REQUEST=

# result CODE TITLE: comments what is in $scratch/said, indented, so that no text of others ends the block; then exits.
result() {
    code=$1
    {
        printf '<!-- holdfast:apply name=%s -->\n' "$(printf '%s' "$COMMENT_NAME" | jq -Rrs '@uri | split("--") | join("-%2D")')"
        # shellcheck disable=SC2016 # code in Markdown
        printf '### %s\n\nCommit `%s`, [the job](%s).\n\n' "$2" "$COMMIT" \
            "${GITHUB_SERVER_URL:-}/$GITHUB_REPOSITORY/actions/runs/${GITHUB_RUN_ID:-}"
        if [ "$(wc -l < "$scratch/said")" -gt 200 ] || [ "$(wc -c < "$scratch/said")" -gt 40000 ]; then
            printf '(The beginning is in the log of the job.)\n\n'
        fi
        tail -n 200 "$scratch/said" | tail -c 40000 | sed 's/^/    /'
    } > "$scratch/comment.md"
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then tail -n +2 "$scratch/comment.md" >> "$GITHUB_STEP_SUMMARY"; fi
    if [ -n "$PULL_REQUEST" ]; then
        export PULL_REQUEST
        sh "$folder/comment.sh" "$scratch/comment.md" || { if [ "$code" -eq 0 ]; then code=1; fi; }
    fi
    exit "$code"
}

# stop WHY: ends without an apply.
stop() {
    printf '%s\n' "$1" | tee "$scratch/said"
    echo "::error::$1"
    result 1 'Not applied'
}

# get URL WHAT: a GET that must succeed.
get() {
    status=$(request GET "$1")
    if [ "$status" != 200 ]; then stop "$2 cannot be read (HTTP $status)"; fi
}

# The pull request that this commit merged.
get "$repository/commits/$COMMIT/pulls?per_page=100" 'the pull request of this commit'
jq -r --arg commit "$COMMIT" --arg repository "$GITHUB_REPOSITORY" '
    .[] | select(.merged_at != null and .merge_commit_sha == $commit and .base.repo.full_name == $repository)
    | "\(.number) \(.head.sha) \(.user.login // "")"' "$scratch/answer" > "$scratch/merged"
if [ "$(wc -l < "$scratch/merged")" -ne 1 ]; then
    stop 'this commit is not the merge of one pull request, so no approved plan belongs to it: plan it, have the plan approved, and apply it'
fi
read -r PULL_REQUEST head opener < "$scratch/merged"

# Its plan: the newest artifact with this name, of a run for its last commit. A run of another repository is of a fork.
get "$repository/actions/runs?event=pull_request&head_sha=$head&per_page=100" 'the runs of the pull request'
jq -r '.workflow_runs[] | select(.head_repository.id == .repository.id) | .id' "$scratch/answer" > "$scratch/runs"
name=$(printf '%s' "$ARTIFACT" | jq -Rrs @uri)
: > "$scratch/artifacts"
while read -r run; do
    get "$repository/actions/runs/$run/artifacts?name=$name&per_page=100" 'the artifacts of the pull request'
    jq -r --arg name "$ARTIFACT" --arg head "$head" '
        .artifacts[] | select(.name == $name and .expired == false and .workflow_run.head_sha == $head)
        | "\(.created_at) \(.id)"' "$scratch/answer" >> "$scratch/artifacts"
done < "$scratch/runs"
artifact=$(LC_ALL=C sort "$scratch/artifacts" | tail -n 1 | cut -d ' ' -f 2)
if [ -z "$artifact" ]; then
    stop "there is no plan of commit $head, or its artifact has expired: plan again, have the plan approved, and apply it"
fi
download "$repository/actions/artifacts/$artifact/zip" "$scratch/plan.zip" || stop 'the plan cannot be downloaded'
plan=$scratch/$(basename "$PLAN_FILE")
for entry in "$(basename "$PLAN_FILE")" "$(basename "$PLAN_FILE").sig"; do
    # Bounded, because a small archive can have a large content.
    unzip -p "$scratch/plan.zip" "$entry" 2> "$scratch/unzip" | head -c 536870913 > "$scratch/$entry"
done
if [ ! -s "$plan.sig" ]; then rm -f "$plan.sig"; fi
if [ ! -s "$plan" ]; then stop "the artifact has no file $(basename "$PLAN_FILE")"; fi
# A workflow of the branch can name any author. With another one, whoever opened the pull request could approve the plan.
if [ -z "$opener" ] || ! jq -e --arg author "$opener@github" '.author == $author' "$plan" > "$scratch/same" 2>&1; then
    stop "the plan does not name $opener@github as its author, who opened the pull request: plan with the flag --author=$opener@github"
fi

# Its approvals: in comments and in reviews.
: > "$scratch/comments"
for of in "issues/$PULL_REQUEST/comments" "pulls/$PULL_REQUEST/reviews"; do
    page=1
    while :; do
        get "$repository/$of?per_page=100&page=$page" 'the comments of the pull request'
        jq -r '.[].body // "" | select(contains("-----BEGIN SSH SIGNATURE-----"))' "$scratch/answer" >> "$scratch/comments"
        if [ "$(jq length "$scratch/answer")" -lt 100 ]; then break; fi
        page=$((page + 1))
        if [ "$page" -gt 50 ]; then stop 'there are more than 5000 comments: apply with the approvals in files'; fi
    done
done
# Holdfast reads no more.
if [ "$(wc -c < "$scratch/comments")" -gt 33554432 ]; then
    stop 'the comments with signatures are larger than 32 MiB: delete those that are no approvals, or apply with the approvals in files'
fi

merged=
for path in $POLICIES; do merged="$merged --merged=$path"; done
# Without policies nothing would compare the plan with them.
if [ -z "$merged" ]; then stop 'no policies are named'; fi
{
    code=0
    # shellcheck disable=SC2086 # lists
    holdfast apply "$plan" --cloud "${HOLDFAST_CLOUD:-aws}" --approvals-in "$scratch/comments" $merged $APPLY_FLAGS || code=$?
    echo "$code" > "$scratch/code"
} 2>&1 | sed "s|$scratch/||g" | tee "$scratch/said"
code=$(cat "$scratch/code")
case $code in
    0)
        title=Applied
        for flag in $APPLY_FLAGS; do if [ "$flag" = --dry-run ]; then title='Would be applied'; fi; done
        result 0 "$title"
        ;;
    3 | 4 | 64)
        # A job that runs again: there is nothing left to do.
        if [ "$code" -eq 4 ] && grep -qx E0707 "$scratch/said"; then result 0 'Applied before'; fi
        result "$code" 'Not applied'
        ;;
    *)
        # shellcheck disable=SC2016 # code in Markdown
        result "$code" 'Failed: look below and at `holdfast journal log` for what was done'
        ;;
esac
