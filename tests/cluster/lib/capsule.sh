# shellcheck shell=bash disable=SC2154 # sourced, after paths.sh: the cgroups that hold a node

# The hierarchies of this machine; only one where cgroups are of version 2.
hierarchies() {
    awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts
}

# Puts this process, and so all that it starts, into the capsule's cgroups.
capsule_enter() {
    local hierarchy file
    for hierarchy in $(hierarchies); do
        mkdir -p "$hierarchy/$capsule"
        # A set of processors begins empty, and takes no process then.
        for file in cpuset.cpus cpuset.mems; do
            if [ -e "$hierarchy/tasks" ] && [ -e "$hierarchy/$file" ]; then
                cat "$hierarchy/$file" >"$hierarchy/$capsule/$file"
            fi
        done
        echo "$BASHPID" >"$hierarchy/$capsule/cgroup.procs"
    done
}

capsule_processes() {
    local hierarchy
    for hierarchy in $(hierarchies); do
        [ ! -d "$hierarchy/$capsule" ] || find "$hierarchy/$capsule" -name cgroup.procs -exec cat {} + 2>/dev/null
    done | sort -nu
}

# The first process of the capsule's process namespace.
capsule_init() {
    local process
    for process in $(capsule_processes); do
        # Its ids, from the outermost namespace inwards: 1 in the second.
        if [ "$(awk '$1 == "NSpid:" { print $3 }' "/proc/$process/status" 2>/dev/null)" = 1 ]; then
            echo "$process"
            return
        fi
    done
    return 1
}

# Ends all of its processes, and takes its cgroups away. With the processes go their mounts, network and names.
capsule_end() {
    local hierarchy deadline=$((SECONDS + 30)) processes
    while processes=$(capsule_processes) && [ -n "$processes" ]; do
        [ "$SECONDS" -lt "$deadline" ] || die "processes that do not end: $processes"
        # shellcheck disable=SC2086 # one word for each
        kill -9 $processes 2>/dev/null || true
        sleep 0.05
    done
    for hierarchy in $(hierarchies); do
        [ ! -d "$hierarchy/$capsule" ] || find "$hierarchy/$capsule" -depth -type d -exec rmdir {} +
    done
}
