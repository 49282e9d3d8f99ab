#!/bin/sh
# Writes a comment on a pull request of GitHub, or edits the one that an earlier run wrote.
#
# usage: comment.sh [FILE]
#
# FILE is a comment; its first line is the marker, as in the output of `holdfast plan --format markdown`. Without FILE there is
# no plan of COMMIT: an older comment with the name COMMENT_NAME says so instead of the verdict on another commit, and no new one is
# written. Reads GITHUB_API_URL, GITHUB_REPOSITORY, PULL_REQUEST, COMMENT_TOKEN, COMMENT_AUTHOR, COMMENT_NAME and COMMIT. Needs
# curl and jq.
#
# Anybody can write a comment with the same marker, so only one of COMMENT_AUTHOR is edited. A token that may not write, as in
# a pull request from a fork, is no failure: the summary of the job has the plan too. But an older comment that cannot be edited
# is one, because its verdict is on another commit.
set -eu
file=${1:-}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
comments="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues"
. "$(dirname "$0")/api.sh"

marker=
if [ -n "$file" ]; then marker=$(head -n 1 "$file"); fi

# Lists the comments of this author with this marker, or without one, with this name: ids and markers in $scratch/own. The name
# is encoded as in the marker.
list() {
    : > "$scratch/own"
    page=1
    while :; do
        status=$(request GET "$comments/$PULL_REQUEST/comments?per_page=100&page=$page")
        if [ "$status" != 200 ]; then return 0; fi
        jq -r --arg marker "$marker" --arg name "$COMMENT_NAME" --arg author "$COMMENT_AUTHOR" '
            ($name | @uri | split("~") | join("%7E") | split("--") | join("-%2D")) as $name
            | .[] | select(.user.login == $author)
            | {id, line: (.body // "" | split("\n")[0] // "" | rtrimstr("\r"))}
            | select(if $marker != "" then .line == $marker
                else .line | startswith("<!-- holdfast:plan estate=") and endswith(" name=\($name) -->") end)
            | "\(.id) \(.line)"' "$scratch/answer" >> "$scratch/own"
        if [ "$(jq length "$scratch/answer")" -lt 100 ]; then return 0; fi
        page=$((page + 1))
    done
}

# Edits the older comment, or writes the first one.
put() {
    if read -r id _ < "$scratch/own"; then
        status=$(request PATCH "$comments/comments/$id" "$scratch/body")
    else
        status=$(request POST "$comments/$PULL_REQUEST/comments" "$scratch/body")
    fi
}

list
if [ "$status" = 200 ] && [ -n "$file" ]; then
    jq -Rs '{body: .}' "$file" > "$scratch/body"
    put
    case $status in
        000 | 5??)
            # The comment may be there all the same.
            if [ ! -s "$scratch/own" ]; then
                list
                if [ "$status" = 200 ]; then put; fi
            fi
            ;;
    esac
elif [ "$status" = 200 ]; then
    while read -r id old; do
        # shellcheck disable=SC2016 # code in Markdown
        printf '%s\n### No plan of commit `%s`\n\nIts policies are not valid, or cannot be planned. See the log of the job.\n' \
            "$old" "$COMMIT" | jq -Rs '{body: .}' > "$scratch/body"
        status=$(request PATCH "$comments/comments/$id" "$scratch/body")
        if [ "$status" != 200 ]; then break; fi
    done < "$scratch/own"
fi
case $status in
    200 | 201) exit 0 ;;
    401 | 403 | 404)
        # A limit of requests says nothing about what the token may do.
        if [ ! -s "$scratch/own" ] && ! grep -qis 'rate limit' "$scratch/answer"; then
            if [ -n "$file" ]; then
                echo "::notice::the plan is in the summary of this job: the token may not write a comment (HTTP $status)"
            fi
            exit 0
        fi
        ;;
esac
if [ -s "$scratch/own" ]; then
    echo "::error::the comment on this pull request is not about commit $COMMIT: it cannot be edited (HTTP $status)"
else
    echo "::error::the comment with the plan was not written (HTTP $status)"
fi
exit 1
