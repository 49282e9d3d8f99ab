# shellcheck shell=sh
# Requests to the API of GitHub, for the other scripts: they read it with `.`, and set $scratch to a folder of their own.
#
# Reads COMMENT_TOKEN. Needs curl.

# request METHOD URL [BODY-FILE]: prints the status, 000 without an answer; the answer is in $scratch/answer. The token is not
# an argument, which every process of the machine can read. A POST is not repeated: the first one may have been done.
request() {
    method=$1
    url=$2
    shift 2
    if [ $# -gt 0 ]; then set -- --data-binary "@$1"; fi
    if [ "$method" != POST ]; then set -- --retry 3 "$@"; fi
    printf 'header = "Authorization: Bearer %s"\n' "$COMMENT_TOKEN" |
        curl --config - --silent --show-error --max-time 60 --output "$scratch/answer" \
            --write-out '%{http_code}' --request "$method" --header 'Accept: application/vnd.github+json' \
            --header 'Content-Type: application/json' --header 'X-GitHub-Api-Version: 2022-11-28' "$@" "$url" || :
}

# download URL FILE: gets what the API redirects to. It is elsewhere, so it gets no token. Fails without one, and above 512 MiB,
# the largest plan file.
download() {
    place=$(printf 'header = "Authorization: Bearer %s"\n' "$COMMENT_TOKEN" |
        curl --config - --silent --show-error --max-time 60 --retry 3 --output "$scratch/answer" \
            --write-out '%{redirect_url}' --header 'Accept: application/vnd.github+json' \
            --header 'X-GitHub-Api-Version: 2022-11-28' "$1") || return 1
    [ -n "$place" ] || return 1
    # Never less safe than the API itself.
    curl --silent --show-error --fail --proto "=${GITHUB_API_URL%%:*}" --max-time 600 --retry 3 --max-filesize 536870912 \
        --output "$2" "$place"
}
