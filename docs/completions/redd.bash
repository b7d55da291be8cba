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
            redd,boot-plot)
                cmd="redd__subcmd__boot__subcmd__plot"
                ;;
            redd,check)
                cmd="redd__subcmd__check"
                ;;
            redd,config)
                cmd="redd__subcmd__config"
                ;;
            redd,console)
                cmd="redd__subcmd__console"
                ;;
            redd,copy)
                cmd="redd__subcmd__copy"
                ;;
            redd,copy-from)
                cmd="redd__subcmd__copy__subcmd__from"
                ;;
            redd,copy-to)
                cmd="redd__subcmd__copy__subcmd__to"
                ;;
            redd,device)
                cmd="redd__subcmd__device"
                ;;
            redd,disable)
                cmd="redd__subcmd__disable"
                ;;
            redd,doctor)
                cmd="redd__subcmd__doctor"
                ;;
            redd,enable)
                cmd="redd__subcmd__enable"
                ;;
            redd,events)
                cmd="redd__subcmd__events"
                ;;
            redd,exec)
                cmd="redd__subcmd__exec"
                ;;
            redd,gc)
                cmd="redd__subcmd__gc"
                ;;
            redd,install)
                cmd="redd__subcmd__install"
                ;;
            redd,kill)
                cmd="redd__subcmd__kill"
                ;;
            redd,list)
                cmd="redd__subcmd__list"
                ;;
            redd,login)
                cmd="redd__subcmd__login"
                ;;
            redd,logs)
                cmd="redd__subcmd__logs"
                ;;
            redd,ls)
                cmd="redd__subcmd__list"
                ;;
            redd,mount)
                cmd="redd__subcmd__mount"
                ;;
            redd,network)
                cmd="redd__subcmd__network"
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
            redd,restart)
                cmd="redd__subcmd__restart"
                ;;
            redd,resume)
                cmd="redd__subcmd__resume"
                ;;
            redd,run)
                cmd="redd__subcmd__run"
                ;;
            redd,serve)
                cmd="redd__subcmd__serve"
                ;;
            redd,set)
                cmd="redd__subcmd__set"
                ;;
            redd,shell)
                cmd="redd__subcmd__shell"
                ;;
            redd,show)
                cmd="redd__subcmd__show"
                ;;
            redd,start)
                cmd="redd__subcmd__start"
                ;;
            redd,status)
                cmd="redd__subcmd__status"
                ;;
            redd,stop)
                cmd="redd__subcmd__stop"
                ;;
            redd,terminate)
                cmd="redd__subcmd__terminate"
                ;;
            redd,top)
                cmd="redd__subcmd__top"
                ;;
            redd,try)
                cmd="redd__subcmd__try"
                ;;
            redd,upgrade)
                cmd="redd__subcmd__upgrade"
                ;;
            redd,wait)
                cmd="redd__subcmd__wait"
                ;;
            redd__subcmd__config,check)
                cmd="redd__subcmd__config__subcmd__check"
                ;;
            redd__subcmd__config,show)
                cmd="redd__subcmd__config__subcmd__show"
                ;;
            redd__subcmd__device,add)
                cmd="redd__subcmd__device__subcmd__add"
                ;;
            redd__subcmd__device,list)
                cmd="redd__subcmd__device__subcmd__list"
                ;;
            redd__subcmd__device,remove)
                cmd="redd__subcmd__device__subcmd__remove"
                ;;
            redd__subcmd__mount,add)
                cmd="redd__subcmd__mount__subcmd__add"
                ;;
            redd__subcmd__mount,list)
                cmd="redd__subcmd__mount__subcmd__list"
                ;;
            redd__subcmd__mount,remove)
                cmd="redd__subcmd__mount__subcmd__remove"
                ;;
            redd__subcmd__network,attach)
                cmd="redd__subcmd__network__subcmd__attach"
                ;;
            redd__subcmd__network,detach)
                cmd="redd__subcmd__network__subcmd__detach"
                ;;
            redd__subcmd__network,list)
                cmd="redd__subcmd__network__subcmd__list"
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
            opts="-h -V --help --version boot run start enable plan config try doctor gc serve install check stop poweroff kill terminate pause resume restart disable upgrade wait console login exec shell set device mount network list ls status show events top logs boot-plot copy copy-to copy-from"
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
            opts="-D -M -x -E -U -Z -L -n -P -q -j -S -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --slice --property --register --help"
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
                --network-veth-extra)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-bridge)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-zone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-interface)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-macvlan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-ipvlan)
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
                --import-credential)
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
                --memory-high)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --swap)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-iops)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-iops)
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
                --restart)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-delay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --watchdog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ready-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --slice)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -S)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --property)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --register)
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
        redd__subcmd__boot__subcmd__plot)
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
            opts="-D -M -x -E -U -Z -L -n -P -q -j -S -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --slice --property --register --origin --json --help"
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
                --network-veth-extra)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-bridge)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-zone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-interface)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-macvlan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-ipvlan)
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
                --import-credential)
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
                --memory-high)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --swap)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-iops)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-iops)
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
                --restart)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-delay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --watchdog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ready-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --slice)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -S)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --property)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --register)
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
        redd__subcmd__console)
            opts="-w -f -h --watch --force --help"
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
        redd__subcmd__copy)
            opts="-a -f -q -h --archive --owner --force --quiet --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --owner)
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
        redd__subcmd__copy__subcmd__from)
            opts="-f -q -h --force --quiet --help"
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
        redd__subcmd__copy__subcmd__to)
            opts="-f -q -h --force --quiet --help"
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
        redd__subcmd__device)
            opts="-h --help add remove list"
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
        redd__subcmd__device__subcmd__add)
            opts="-h --keep --help"
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
        redd__subcmd__device__subcmd__list)
            opts="-h --json --no-legend --help"
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
        redd__subcmd__device__subcmd__remove)
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
        redd__subcmd__disable)
            opts="-h --now --help"
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
        redd__subcmd__enable)
            opts="-h --now --help"
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
        redd__subcmd__events)
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
        redd__subcmd__exec)
            opts="-t -i -w -e -u -h --tty --interactive --workdir --env --user --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --workdir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -w)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --env)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -e)
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
        redd__subcmd__install)
            opts="-h --prefix --destdir --nspawn --uninstall --dry-run --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --prefix)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --destdir)
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
        redd__subcmd__list)
            opts="-q -a -h --quiet --no-legend --json --all --running --help"
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
        redd__subcmd__login)
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
        redd__subcmd__logs)
            opts="-f -n -b -h --follow --lines --boot --console --journal --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --lines)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --boot)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -b)
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
        redd__subcmd__mount)
            opts="-h --help add remove list"
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
        redd__subcmd__mount__subcmd__add)
            opts="-h --ro --owner --no-submounts --keep --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --owner)
                    COMPREPLY=($(compgen -W "noidmap idmap rootidmap owneridmap" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        redd__subcmd__mount__subcmd__list)
            opts="-h --json --no-legend --help"
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
        redd__subcmd__mount__subcmd__remove)
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
        redd__subcmd__network)
            opts="-h --help attach detach list"
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
        redd__subcmd__network__subcmd__attach)
            opts="-h --keep --force --help"
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
        redd__subcmd__network__subcmd__detach)
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
        redd__subcmd__network__subcmd__list)
            opts="-h --json --no-legend --help"
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
            opts="-D -M -x -E -U -Z -L -n -P -q -j -S -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --slice --property --register --help"
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
                --network-veth-extra)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-bridge)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-zone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-interface)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-macvlan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-ipvlan)
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
                --import-credential)
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
                --memory-high)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --swap)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-iops)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-iops)
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
                --restart)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-delay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --watchdog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ready-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --slice)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -S)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --property)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --register)
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
            opts="-D -M -x -E -U -Z -L -n -P -q -j -a -u -S -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --as-pid2 --as-pid1 --user --uid --chdir --slice --property --register --help"
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
                --network-veth-extra)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-bridge)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-zone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-interface)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-macvlan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-ipvlan)
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
                --import-credential)
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
                --memory-high)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --swap)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-iops)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-iops)
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
                --restart)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-delay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --watchdog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ready-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --after)
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
                --slice)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -S)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --property)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --register)
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
        redd__subcmd__restart)
            opts="-h --no-wait --start-timeout --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --start-timeout)
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
            opts="-D -M -x -E -U -Z -L -n -P -q -j -a -u -S -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --as-pid2 --as-pid1 --user --uid --chdir --slice --property --register --help"
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
                --network-veth-extra)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-bridge)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-zone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-interface)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-macvlan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-ipvlan)
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
                --import-credential)
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
                --memory-high)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --swap)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-iops)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-iops)
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
                --restart)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-delay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --watchdog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ready-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --after)
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
                --slice)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -S)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --property)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --register)
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
        redd__subcmd__serve)
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
        redd__subcmd__set)
            opts="-h --runtime --json --no-legend --help"
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
        redd__subcmd__shell)
            opts="-w -e -h --plain --workdir --env --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --workdir)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -w)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --env)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -e)
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
        redd__subcmd__show)
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
        redd__subcmd__start)
            opts="-D -M -x -E -U -Z -L -n -P -q -j -S -h --directory --machine --ephemeral --read-only --volatile --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv --private-users --private-users-ownership --capability --drop-capability --ambient-capability --no-new-privileges --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context --selinux-apifs-context --nesting --device --private-network --network-veth --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --console --pipe --quiet --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --keep-unit --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --no-wait --start-timeout --all-enabled --slice --property --register --help"
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
                --network-veth-extra)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-bridge)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-zone)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-interface)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-macvlan)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --network-ipvlan)
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
                --import-credential)
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
                --memory-high)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --swap)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cpu-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-weight)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-bandwidth)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-read-iops)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --io-write-iops)
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
                --restart)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-delay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --restart-limit)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --watchdog)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --ready-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --after)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --start-timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --slice)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -S)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --property)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --register)
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
        redd__subcmd__status)
            opts="-n -h --lines --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --lines)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -n)
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
        redd__subcmd__top)
            opts="-d -h --once --json --delay --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --delay)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -d)
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
        redd__subcmd__try)
            opts="-h --with-home --with-services --help"
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
        redd__subcmd__upgrade)
            opts="-h --all --binary --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --binary)
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
        redd__subcmd__wait)
            opts="-h --for --timeout --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --for)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
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
    esac
}

_redd_taker() {
    case "$1" in
        "boot") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --slice -S --property --register" ;;
        "run") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --uid --user -u --chdir --slice -S --property --register" ;;
        "start") takes=names at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --start-timeout --slice -S --property --register" ;;
        "enable") takes=names at=0 scope= valued="" ;;
        "plan boot") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --slice -S --property --register" ;;
        "plan run") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --uid --user -u --chdir --slice -S --property --register" ;;
        "config show") takes=tree at=0 scope= valued="--directory -D --machine -M --settings --template --pivot-root --oci-bundle --hostname --uuid --setenv -E --private-users-ownership --capability --drop-capability --ambient-capability --system-call-filter --restrict-address-families --suppress-sync --personality --selinux-context -Z --selinux-apifs-context -L --device --network-veth-extra --network-bridge --network-zone --network-interface --network-macvlan --network-ipvlan --bind --bind-ro --tmpfs --inaccessible --overlay --overlay-ro --bind-user --bind-user-shell --bind-user-group --set-credential --load-credential --import-credential --memory --pids-max --cpus --memory-high --swap --cpu-weight --io-weight --io-read-bandwidth --io-write-bandwidth --io-read-iops --io-write-iops --rlimit --oom-score-adjust --cpu-affinity --timezone --resolv-conf --background --ttys --link-journal --init --kill-signal --stop-timeout --notify-ready --restart --restart-delay --restart-limit --watchdog --ready-timeout --after --slice -S --property --register" ;;
        "gc") takes=names at=0 scope=--running valued="" ;;
        "serve") takes=name at=0 scope=--running valued="" ;;
        "check") takes=name at=0 scope=--running valued="--pid --manager --adapter --mode --image --make-image --compare --explain --html" ;;
        "stop"|"poweroff") takes=names at=0 scope=--running valued="--timeout" ;;
        "kill") takes=names at=0 scope=--running valued="--signal -s --whom" ;;
        "terminate") takes=names at=0 scope=--running valued="" ;;
        "pause") takes=names at=0 scope=--running valued="" ;;
        "resume") takes=names at=0 scope=--running valued="" ;;
        "restart") takes=names at=0 scope= valued="--start-timeout" ;;
        "disable") takes=names at=0 scope= valued="" ;;
        "upgrade") takes=names at=0 scope=--running valued="--binary" ;;
        "wait") takes=name at=0 scope=--running valued="--for --timeout" ;;
        "console") takes=name at=0 scope=--running valued="" ;;
        "login") takes=name at=0 scope=--running valued="" ;;
        "exec") takes=name at=0 scope=--running valued="--workdir -w --env -e --user -u" ;;
        "shell") takes=name at=0 scope=--running valued="--workdir -w --env -e" ;;
        "set") takes=name at=0 scope=--running valued="" ;;
        "device add") takes=name at=0 scope=--running valued="" ;;
        "device remove") takes=name at=0 scope=--running valued="" ;;
        "device list") takes=name at=0 scope=--running valued="" ;;
        "mount add") takes=name at=0 scope=--running valued="--owner" ;;
        "mount remove") takes=name at=0 scope=--running valued="" ;;
        "mount list") takes=name at=0 scope=--running valued="" ;;
        "network attach") takes=name at=0 scope=--running valued="" ;;
        "network detach") takes=name at=0 scope=--running valued="" ;;
        "network list") takes=name at=0 scope=--running valued="" ;;
        "status") takes=names at=0 scope= valued="--lines -n" ;;
        "show") takes=names at=0 scope= valued="" ;;
        "events") takes=names at=0 scope=--running valued="" ;;
        "logs") takes=name at=0 scope= valued="--lines -n --boot -b" ;;
        "boot-plot") takes=name at=0 scope=--running valued="" ;;
        "copy"|"cp") takes=places at=0 scope= valued="--owner" ;;
        "copy-to") takes=name at=0 scope=--running valued="" ;;
        "copy-from") takes=name at=0 scope=--running valued="" ;;
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
