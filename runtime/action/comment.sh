#!/bin/sh
# Writes a comment on a pull request of GitHub, or edits the one that an earlier run wrote.
#
# usage: comment.sh FILE
#
# FILE is the output of `holdfast plan --format markdown`; its first line is the marker. Reads GITHUB_API_URL,
# GITHUB_REPOSITORY, PULL_REQUEST, COMMENT_TOKEN and COMMENT_AUTHOR. Needs curl and jq.
#
# Anybody can write a comment with the same marker, so only one of COMMENT_AUTHOR is edited. A token that may not write, as in
# a pull request from a fork, is no failure: the summary of the job has the plan too.
set -eu
file=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
comments="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues"

# request METHOD URL [BODY-FILE]: prints the status; the answer is in $scratch/answer. The token is not an argument, which
# every process of the machine can read.
request() {
    method=$1
    url=$2
    shift 2
    if [ $# -gt 0 ]; then set -- --data-binary "@$1"; fi
    printf 'header = "Authorization: Bearer %s"\n' "$COMMENT_TOKEN" |
        curl --config - --silent --show-error --max-time 60 --retry 3 --output "$scratch/answer" \
            --write-out '%{http_code}' --request "$method" --header 'Accept: application/vnd.github+json' \
            --header 'Content-Type: application/json' --header 'X-GitHub-Api-Version: 2022-11-28' "$@" "$url"
}

# The comment of this author with this marker, if there is one.
marker=$(head -n 1 "$file")
own=
page=1
while [ -z "$own" ]; do
    status=$(request GET "$comments/$PULL_REQUEST/comments?per_page=100&page=$page")
    if [ "$status" != 200 ]; then break; fi
    own=$(jq -r --arg marker "$marker" --arg author "$COMMENT_AUTHOR" \
        'map(select(.user.login == $author and (.body | split("\n")[0] | rtrimstr("\r")) == $marker))
         | first | .id // empty' "$scratch/answer")
    if [ "$(jq length "$scratch/answer")" -lt 100 ]; then break; fi
    page=$((page + 1))
done
if [ "$status" = 200 ]; then
    jq -Rs '{body: .}' "$file" > "$scratch/body"
    if [ -n "$own" ]; then
        status=$(request PATCH "$comments/comments/$own" "$scratch/body")
    else
        status=$(request POST "$comments/$PULL_REQUEST/comments" "$scratch/body")
    fi
fi
case $status in
    200 | 201) ;;
    401 | 403 | 404)
        echo "::notice::the plan is in the summary of this job: the token may not write a comment (HTTP $status)"
        ;;
    *)
        echo "::error::the comment with the plan was not written (HTTP $status)"
        exit 1
        ;;
esac
