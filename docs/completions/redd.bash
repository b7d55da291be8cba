_redd() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="redd"
                ;;
            redd,boot)
                cmd="redd__subcmd__boot"
                ;;
            redd,check)
                cmd="redd__subcmd__check"
                ;;
            redd,config)
                cmd="redd__subcmd__config"
                ;;
            redd,doctor)
                cmd="redd__subcmd__doctor"
                ;;
            redd,gc)
                cmd="redd__subcmd__gc"
                ;;
            redd,kill)
                cmd="redd__subcmd__kill"
                ;;
            redd,pause)
                cmd="redd__subcmd__pause"
                ;;
            redd,plan)
                cmd="redd__subcmd__plan"
                ;;
            redd,poweroff)
                cmd="redd__subcmd__stop"
                ;;
            redd,resume)
                cmd="redd__subcmd__resume"
                ;;
            redd,run)
                cmd="redd__subcmd__run"
                ;;
            redd,stop)
                cmd="redd__subcmd__stop"
                ;;
            redd,terminate)
                cmd="redd__subcmd__terminate"
                ;;
            redd__subcmd__config,check)
                cmd="redd__subcmd__config__subcmd__check"
                ;;
            redd__subcmd__config,show)
                cmd="redd__subcmd__config__subcmd__show"
                ;;
            redd__subcmd__plan,boot)
                cmd="redd__subcmd__plan__subcmd__boot"
                ;;
            redd__subcmd__plan,run)
                cmd="redd__subcmd__plan__subcmd__run"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        redd)
            opts="-h -V --help --version boot run plan config doctor gc check stop poweroff kill terminate pause resume"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__boot)
            opts="-D -M -x -E -U -Z -L -n -P -q -j -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --directory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -D)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --machine)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -M)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --volatile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --settings)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --template)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pivot-root)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oci-bundle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --hostname)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --uuid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --setenv)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -E)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users-ownership)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --drop-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ambient-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --no-new-privileges)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --system-call-filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restrict-address-families)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --suppress-sync)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --personality)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -Z)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-apifs-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -L)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --nesting)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --device)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-network)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-veth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tmpfs)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --inaccessible)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-shell)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --set-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --load-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pids-max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpus)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rlimit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oom-score-adjust)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-affinity)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timezone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resolv-conf)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --console)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --background)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttys)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --link-journal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --init)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --kill-signal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --stop-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --notify-ready)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__check)
            opts="-h --pid --active --manager --adapter --mode --image --make-image --compare --explain --json --tap --junit --html --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --pid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --manager)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --adapter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --mode)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --image)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --make-image)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --compare)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --explain)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --html)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__config)
            opts="-h --help show check"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__config__subcmd__check)
            opts="-h --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__config__subcmd__show)
            opts="-D -M -x -E -U -Z -L -n -P -q -j -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --origin --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --directory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -D)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --machine)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -M)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --volatile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --settings)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --template)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pivot-root)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oci-bundle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --hostname)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --uuid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --setenv)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -E)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users-ownership)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --drop-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ambient-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --no-new-privileges)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --system-call-filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restrict-address-families)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --suppress-sync)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --personality)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -Z)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-apifs-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -L)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --nesting)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --device)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-network)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-veth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tmpfs)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --inaccessible)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-shell)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --set-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --load-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pids-max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpus)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rlimit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oom-score-adjust)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-affinity)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timezone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resolv-conf)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --console)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --background)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttys)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --link-journal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --init)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --kill-signal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --stop-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --notify-ready)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__doctor)
            opts="-h --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__gc)
            opts="-h --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__kill)
            opts="-s -h --signal --whom --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --signal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -s)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --whom)
                    COMPREPLY=($(compgen -W "leader supervisor all" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__pause)
            opts="-h --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__plan)
            opts="-h --json --help boot run"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__plan__subcmd__boot)
            opts="-D -M -x -E -U -Z -L -n -P -q -j -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --directory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -D)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --machine)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -M)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --volatile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --settings)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --template)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pivot-root)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oci-bundle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --hostname)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --uuid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --setenv)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -E)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users-ownership)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --drop-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ambient-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --no-new-privileges)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --system-call-filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restrict-address-families)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --suppress-sync)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --personality)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -Z)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-apifs-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -L)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --nesting)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --device)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-network)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-veth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tmpfs)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --inaccessible)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-shell)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --set-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --load-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pids-max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpus)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rlimit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oom-score-adjust)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-affinity)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timezone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resolv-conf)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --console)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --background)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttys)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --link-journal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --init)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --kill-signal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --stop-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --notify-ready)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__plan__subcmd__run)
            opts="-D -M -x -E -U -Z -L -n -P -q -j -a -u -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --as-pid2 --as-pid1 --user --uid --chdir --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --directory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -D)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --machine)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -M)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --volatile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --settings)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --template)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pivot-root)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oci-bundle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --hostname)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --uuid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --setenv)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -E)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users-ownership)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --drop-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ambient-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --no-new-privileges)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --system-call-filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restrict-address-families)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --suppress-sync)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --personality)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -Z)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-apifs-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -L)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --nesting)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --device)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-network)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-veth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tmpfs)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --inaccessible)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-shell)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --set-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --load-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pids-max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpus)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rlimit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oom-score-adjust)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-affinity)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timezone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resolv-conf)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --console)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --background)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttys)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --link-journal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --init)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --kill-signal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --stop-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --notify-ready)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --uid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --chdir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__resume)
            opts="-h --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__run)
            opts="-D -M -x -E -U -Z -L -n -P -q -j -a -u -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --as-pid2 --as-pid1 --user --uid --chdir --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --directory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -D)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --machine)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -M)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --volatile)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --settings)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --template)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pivot-root)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oci-bundle)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --hostname)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --uuid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --setenv)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -E)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-users-ownership)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --drop-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ambient-capability)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --no-new-privileges)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --system-call-filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restrict-address-families)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --suppress-sync)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --personality)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -Z)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --selinux-apifs-context)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -L)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --nesting)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --device)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --private-network)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-veth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --tmpfs)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --inaccessible)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --overlay-ro)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-shell)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --bind-user-group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --set-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --load-credential)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --memory)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pids-max)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpus)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --rlimit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --oom-score-adjust)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-affinity)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --timezone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --resolv-conf)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --console)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --background)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ttys)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --link-journal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --init)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --kill-signal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --stop-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --notify-ready)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --uid)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --user)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -u)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --chdir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__stop)
            opts="-h --now --timeout --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__terminate)
            opts="-h --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

_redd_taker() {
    case "$1" in
        "boot") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready" ;;
        "run") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --uid --user -u --chdir" ;;
        "plan boot") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready" ;;
        "plan run") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --uid --user -u --chdir" ;;
        "config show") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --memory --pids-max --cpus --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready" ;;
        "check") takes=name at=0 scope=--running valued="--pid --manager --adapter --mode --image --make-image --compare --explain --html" ;;
        "stop"|"poweroff") takes=names at=0 scope=--running valued="--timeout" ;;
        "kill") takes=names at=0 scope=--running valued="--signal -s --whom" ;;
        "terminate") takes=names at=0 scope=--running valued="" ;;
        "pause") takes=names at=0 scope=--running valued="" ;;
        "resume") takes=names at=0 scope=--running valued="" ;;
    esac
}

# The names of machines, where a verb takes one.
_redd_with_names() {
    local cur="$2" path="" at=-1 takes="" scope="" valued="" position=0 skip="" word
    _redd "$@"
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if [[ -n $skip ]]; then
            [[ $word == "=" ]] || skip=""
        elif [[ $word == -- ]]; then
            break
        elif [[ $word == -* ]]; then
            [[ " $valued " == *" $word "* ]] && skip=yes
        elif [[ -n $takes ]]; then
            position=$((position + 1))
        else
            path="${path:+$path }$word"
            _redd_taker "$path"
        fi
    done
    [[ -n $takes && -z $skip && $cur != -* ]] || return 0
    case "$takes" in
        name|tree) [[ $position -eq $at ]] || return 0 ;;
        names) [[ $position -ge $at ]] || return 0 ;;
    esac
    local names
    names=$("$1" list -q $scope 2>/dev/null)
    case "$takes" in
        name|names) COMPREPLY=($(compgen -W "$names" -- "$cur")) ;;
        tree) COMPREPLY=($(compgen -W "$names" -- "$cur") $(compgen -d -- "$cur")) ;;
        places)
            [[ ${COMP_WORDS[COMP_CWORD]} == : || ${COMP_WORDS[COMP_CWORD-1]} == : ]] && COMPREPLY=() && return 0
            compopt -o nospace 2>/dev/null
            COMPREPLY=($(compgen -S : -W "$names" -- "$cur") $(compgen -f -- "$cur"))
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _redd_with_names -o nosort -o bashdefault -o default redd
else
    complete -F _redd_with_names -o bashdefault -o default redd
fi
