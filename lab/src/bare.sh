# A host in namespaces of its own. Two parts: "around STATE NAME" stays outside, tells the end of the host, and removes what is
# left of it, also when the one it works for is killed: then its standard input ends. "within STATE NAME" becomes the host's PID 1.
# STATE has directories root, upper, work, machines, vartmp, reddlib, cgroup and notify, and tree (a link), and files binds and removed (of
# lines) and environment (of words that end with NUL).
set -eu
part=$1 state=$2 name=$3

around() {
    # A hierarchy of its own: the machine's may have version 1 mounted over it, or nothing.
    mount -t cgroup2 cgroup2 "$state/cgroup"
    mkdir "$state/cgroup/$name"
    exec 3<&0
    (
        exec 3<&-
        echo "$BASHPID" > "$state/cgroup/$name/cgroup.procs"
        exec unshare --uts --ipc --net --pid --cgroup --mount --fork --kill-child bash "$0" within "$state" "$name"
    ) < /dev/null &
    host=$!
    { read -r _ <&3 || :; kill -KILL "$host"; } &
    watch=$!
    exec 3<&-
    status=0
    wait "$host" || status=$?
    kill "$watch" 2> /dev/null || :
    remove
    exit "$status"
}

remove() {
    echo 1 > "$state/cgroup/$name/cgroup.kill" || :
    for _ in $(seq 200); do
        find "$state/cgroup/$name" -depth -type d -exec rmdir {} + 2> /dev/null && break
        sleep 0.05
    done
    umount "$state/cgroup"
    rm -rf --one-file-system "$state"
}

within() {
    root=$state/root
    mount -t overlay -o "lowerdir=$(readlink "$state/tree"),upperdir=$state/upper,workdir=$state/work" overlay "$root"
    # Neither idmapped mounts nor other overlays can be made of an overlay.
    for directory in machines:var/lib/machines vartmp:var/tmp reddlib:var/lib/redd; do
        mkdir -p "$root/${directory#*:}"
        mount --bind "$state/${directory%%:*}" "$root/${directory#*:}"
    done
    cd "$root"
    # Each line is how names start.
    while read -r removed; do rm -f -- "$removed"*; done < "$state/removed"
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    devices
    mount -t tmpfs -o mode=755 tmpfs run
    mount -t tmpfs tmpfs tmp
    # Where its systemd says that it is ready.
    mkdir -p run/lab
    mount --bind "$state/notify" run/lab
    bind
    # The machine sees it in a process of its own: this is no procfs of the host's.
    read -r leader _ < /proc/self/stat
    echo "$leader" > "$state/leader.new"
    mv "$state/leader.new" "$state/leader"
    mapfile -d '' -t environment < "$state/environment"
    mkdir old
    pivot_root . old
    exec < /dev/null
    umount -l /old
    rmdir /old
    mount --make-rshared /
    ip link set lo up
    exec env -i container=redd-lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin TERM=dumb \
        NOTIFY_SOCKET=/run/lab/notify "${environment[@]}" /usr/lib/systemd/systemd --system
}

# Nodes are made, not bound: what the host does to them does not reach the machine's.
devices() {
    mount -t tmpfs -o mode=755 tmpfs dev
    mkdir dev/pts dev/shm dev/net
    for device in null zero full random urandom tty; do
        mknod -m 666 "dev/$device" c $(stat -c '0x%t 0x%T' "/dev/$device")
    done
    for device in fuse net/tun loop-control; do
        [ ! -c "/dev/$device" ] || mknod -m 600 "dev/$device" c $(stat -c '0x%t 0x%T' "/dev/$device")
    done
    for number in 0 1 2 3 4 5 6 7; do
        [ ! -b "/dev/loop$number" ] || mknod -m 660 "dev/loop$number" b 7 "$number"
    done
    ln -s /proc/self/fd dev/fd
    ln -s fd/0 dev/stdin
    ln -s fd/1 dev/stdout
    ln -s fd/2 dev/stderr
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
}

bind() {
    while IFS=$'\t' read -r access source destination; do
        if [ -d "$source" ]; then
            mkdir -p ".$destination"
        else
            mkdir -p "$(dirname ".$destination")"
            [ -e ".$destination" ] || : > ".$destination"
        fi
        mount --bind "$source" ".$destination"
        [ "$access" = rw ] || mount -o remount,bind,ro ".$destination"
    done < "$state/binds"
}

"$part"
